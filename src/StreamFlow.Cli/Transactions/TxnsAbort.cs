using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Transactions;

/// <summary>txns abort: ends one that hangs in a partition, or fences the producer of a transactional id.</summary>
internal sealed class TxnsAbort
{
    private readonly Argument<string?> _id = new("transactional-id") { Description = "Abort what this id has open, by fencing its producer", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _topic = new("--topic") { Description = "Where a hanging transaction is", HelpName = "topic" };
    private readonly Option<int?> _partition = Values.Number("--partition", 0, int.MaxValue, "Its partition");
    private readonly Option<long?> _start = Values.LongNumber("--start-offset", 0, long.MaxValue, "Its first offset, as find-hanging shows it", "offset");

    public static Command Create(Surroundings surroundings)
    {
        TxnsAbort command = new();
        return CommandParts.Leaf(
            "abort", "Abort the open transaction of a transactional id, or one that hangs in a partition",
            ["streamflow txns abort order-counts-1", "streamflow txns abort --topic orders --partition 0 --start-offset 42"],
            [command._id, command._topic, command._partition, command._start], surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        await using Cluster cluster = context.Connect();
        string? id = context.Parsed.GetValue(_id);
        Table table = new(new("Transaction", "transaction"), new("Result", "result"));
        if (id is not null && context.Get(_topic) is null)
        {
            await FenceAsync(cluster, id, context.Cancelled).ConfigureAwait(false);
            table.Add(id, "aborted");
        }
        else if (id is null && context.Get(_topic) is { } topic && context.Get(_partition) is { } partition && context.Get(_start) is { } start)
        {
            TopicPartition place = new(topic, partition);
            await MarkAsync(cluster, place, start, context.Cancelled).ConfigureAwait(false);
            table.Add(FormattableString.Invariant($"{place}@{start}"), "aborted");
        }
        else
        {
            throw new CommandException("Which transaction? Give a transactional id, or --topic, --partition and --start-offset.", ExitCode.Usage);
        }

        context.Show(table);
        return ExitCode.Success;
    }

    /// <summary>A new producer of the id: the coordinator aborts what the one before it has open, and refuses that one from then on.</summary>
    private static async Task FenceAsync(Cluster cluster, string id, CancellationToken ct)
    {
        BrokerConnection coordinator = await cluster.RetryAsync(() => cluster.CoordinatorAsync(id, isTransaction: true, ct), ct).ConfigureAwait(false);
        DescribeTransactionsResponse known = await coordinator.SendAsync(new DescribeTransactionsRequest { TransactionalIds = [id] }, ct).ConfigureAwait(false);
        Offsets.Throw(known.TransactionStates[0].ErrorCode, $"transactional id '{id}'");
        await cluster.RetryAsync(
            async () =>
            {
                InitProducerIdResponse response = await coordinator.SendAsync(
                    new InitProducerIdRequest { TransactionalId = id, TransactionTimeoutMs = known.TransactionStates[0].TransactionTimeoutMs }, ct).ConfigureAwait(false);
                Offsets.Throw(response.ErrorCode, $"transactional id '{id}'");
                return true;
            },
            ct).ConfigureAwait(false);
    }

    private static async Task MarkAsync(Cluster cluster, TopicPartition place, long start, CancellationToken ct)
    {
        var producers = await TxnsHanging.ProducersAsync(cluster, [place.Topic], ct).ConfigureAwait(false);
        DescribeProducersResponseActiveProducers producer = producers.Where(p => p.Partition == place && p.Producer.CurrentTxnStartOffset == start).Select(static p => (DescribeProducersResponseActiveProducers?)p.Producer)
            .FirstOrDefault() ?? throw new CommandException($"No transaction is open in {place} since offset {start}; 'streamflow txns producers {place.Topic}' shows those that are.");
        Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([place.Topic], ct).ConfigureAwait(false);
        BrokerConnection leader = await cluster.NodeAsync(leaders[place], ct).ConfigureAwait(false);
        WriteTxnMarkersResponse response = await leader.SendAsync(
            new WriteTxnMarkersRequest
            {
                Markers =
                [
                    new()
                    {
                        ProducerId = producer.ProducerId,
                        ProducerEpoch = (short)producer.ProducerEpoch,
                        TransactionResult = false,
                        CoordinatorEpoch = Math.Max(0, producer.CoordinatorEpoch),
                        Topics = [new() { Name = place.Topic, PartitionIndexes = [place.Partition] }],
                    },
                ],
            },
            ct).ConfigureAwait(false);
        Offsets.Throw(response.Markers[0].Topics[0].Partitions[0].ErrorCode, $"the transaction of producer {producer.ProducerId} in {place}");
    }
}
