using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Transactions;

/// <summary>Producers of partitions, and transactions that a partition holds open though no coordinator knows them.</summary>
internal static class TxnsHanging
{
    /// <summary>txns producers.</summary>
    public static Command Producers(Surroundings surroundings)
    {
        Argument<string> topic = new("topic") { Description = "The topic" };
        Option<int?> partition = Values.Number("--partition", 0, int.MaxValue, "Only this partition (default: all)");
        return CommandParts.Leaf(
            "producers", "Show the idempotent and transactional producers of a topic", ["streamflow txns producers orders --partition 0"], [topic, partition], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Table table = new(
                    new("Topic", "topic"), new("Partition", "partition", true), new("Producer id", "producerId", true), new("Epoch", "producerEpoch", true),
                    new("Last sequence", "lastSequence", true), new("Last timestamp", "lastTimestamp", true), new("Coordinator epoch", "coordinatorEpoch", true),
                    new("Open since offset", "startOffset", true));
                foreach ((TopicPartition p, DescribeProducersResponseActiveProducers x) in await ProducersAsync(cluster, [context.Get(topic)], context.Cancelled).ConfigureAwait(false))
                {
                    if (context.Get(partition) is not { } one || one == p.Partition)
                    {
                        table.Add(p.Topic, p.Partition, x.ProducerId, x.ProducerEpoch, x.LastSequence, x.LastTimestamp, x.CoordinatorEpoch, x.CurrentTxnStartOffset < 0 ? null : x.CurrentTxnStartOffset);
                    }
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    /// <summary>txns find-hanging.</summary>
    public static Command Find(Surroundings surroundings)
    {
        Argument<string[]> topics = new("topic") { Description = "Where to look (default: everywhere)", Arity = ArgumentArity.ZeroOrMore };
        Option<TimeSpan> longest = Values.Duration("--max-transaction-timeout", TimeSpan.FromMinutes(15), "Only those that are open for longer than any transaction may be");
        return CommandParts.Leaf(
            "find-hanging", "Find transactions that a partition holds open and no coordinator will end", ["streamflow txns find-hanging orders"], [topics, longest], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                string[] names = context.Get(topics) is { Length: > 0 } given ? given
                    : [.. (await cluster.MetadataAsync(null, context.Cancelled).ConfigureAwait(false)).Topics.Select(static t => t.Name!)];
                long before = context.Time.GetUtcNow().ToUnixTimeMilliseconds() - (long)context.Get(longest).TotalMilliseconds;
                var open = (await ProducersAsync(cluster, names, context.Cancelled).ConfigureAwait(false)).Where(p => p.Producer.CurrentTxnStartOffset >= 0 && p.Producer.LastTimestamp < before);
                HashSet<long> known = [.. (await TxnsCommand.AllAsync(cluster, ["Ongoing", "PrepareCommit", "PrepareAbort"], TimeSpan.Zero, context.Cancelled).ConfigureAwait(false)).Select(static x => x.Transaction.ProducerId)];
                Table table = new(
                    new("Topic", "topic"), new("Partition", "partition", true), new("Producer id", "producerId", true), new("Epoch", "producerEpoch", true),
                    new("Coordinator epoch", "coordinatorEpoch", true), new("Start offset", "startOffset", true), new("Last timestamp", "lastTimestamp", true));
                foreach ((TopicPartition p, DescribeProducersResponseActiveProducers x) in open.Where(p => !known.Contains(p.Producer.ProducerId)))
                {
                    table.Add(p.Topic, p.Partition, x.ProducerId, x.ProducerEpoch, x.CoordinatorEpoch, x.CurrentTxnStartOffset, x.LastTimestamp);
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    /// <summary>The producers of all partitions of topics.</summary>
    public static async Task<List<(TopicPartition Partition, DescribeProducersResponseActiveProducers Producer)>> ProducersAsync(
        Cluster cluster, IReadOnlyCollection<string> topics, CancellationToken ct)
    {
        List<(TopicPartition Partition, DescribeProducersResponseActiveProducers Producer)> producers = [];
        foreach (IGrouping<int, TopicPartition> node in (await cluster.LeadersAsync(topics, ct).ConfigureAwait(false)).GroupBy(static p => p.Value, static p => p.Key))
        {
            BrokerConnection connection = await cluster.NodeAsync(node.Key, ct).ConfigureAwait(false);
            DescribeProducersResponse response = await connection.SendAsync(
                new DescribeProducersRequest
                {
                    Topics = [.. node.GroupBy(static p => p.Topic).Select(static t => new DescribeProducersRequestTopics { Name = t.Key, PartitionIndexes = [.. t.Select(static p => p.Partition)] })],
                },
                ct).ConfigureAwait(false);
            foreach ((string topic, DescribeProducersResponsePartitions p) in response.Topics.SelectMany(static t => t.Partitions.Select(p => (t.Name, p))))
            {
                Offsets.Throw(p.ErrorCode, $"producers of {topic}-{p.PartitionIndex}", p.ErrorMessage);
                producers.AddRange(p.ActiveProducers.Select(x => (new TopicPartition(topic, p.PartitionIndex), x)));
            }
        }

        return [.. producers.OrderBy(static p => p.Partition).ThenBy(static p => p.Producer.ProducerId)];
    }
}
