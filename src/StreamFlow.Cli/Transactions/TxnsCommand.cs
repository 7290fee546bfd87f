using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Transactions;

/// <summary>txns list, describe, producers, find-hanging and abort.</summary>
internal static class TxnsCommand
{
    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "txns", "List and describe transactions, find hanging ones and abort them",
        ["streamflow txns list", "streamflow txns describe order-counts-1", "streamflow txns find-hanging", "streamflow txns abort --topic orders --partition 0 --start-offset 42"],
        List(surroundings), Describe(surroundings), TxnsHanging.Producers(surroundings), TxnsHanging.Find(surroundings), TxnsAbort.Create(surroundings)));

    private static Command List(Surroundings surroundings)
    {
        Option<string[]> states = Values.Names("--state", "Only those in these states, e.g. Ongoing", "state");
        Option<TimeSpan> running = Values.Duration("--running-longer-than", TimeSpan.Zero, "Only those that have been open for longer");
        return CommandParts.Leaf(
            "list", "List transactional ids with their state", ["streamflow txns list --state Ongoing --running-longer-than 5m"], [states, running], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Table table = new(new("Transactional id", "transactionalId"), new("Coordinator", "coordinator", true), new("Producer id", "producerId", true), new("State", "state"));
                foreach ((int node, ListTransactionsResponseTransactionStates x) in await AllAsync(cluster, context.Get(states)!, context.Get(running), context.Cancelled).ConfigureAwait(false))
                {
                    table.Add(x.TransactionalId, node, x.ProducerId, x.TransactionState);
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    /// <summary>The transactional ids of all brokers.</summary>
    public static async Task<List<(int Node, ListTransactionsResponseTransactionStates Transaction)>> AllAsync(
        Cluster cluster, string[] states, TimeSpan longerThan, CancellationToken ct)
    {
        List<(int, ListTransactionsResponseTransactionStates)> all = [];
        foreach (int node in await cluster.NodesAsync(ct).ConfigureAwait(false))
        {
            BrokerConnection connection = await cluster.NodeAsync(node, ct).ConfigureAwait(false);
            ListTransactionsResponse response = await connection.SendAsync(
                new ListTransactionsRequest { StateFilters = states, DurationFilter = longerThan > TimeSpan.Zero ? (long)longerThan.TotalMilliseconds : -1 }, ct).ConfigureAwait(false);
            Offsets.Throw(response.ErrorCode, $"transactions of broker {node}");
            if (response.UnknownStateFilters is [var unknown, ..])
            {
                throw new CommandException($"--state is '{unknown}', which broker {node} does not know; give Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit or CompleteAbort.", ExitCode.Usage);
            }

            all.AddRange(response.TransactionStates.Select(x => (node, x)));
        }

        return [.. all.OrderBy(static x => x.Item2.TransactionalId, StringComparer.Ordinal)];
    }

    private static Command Describe(Surroundings surroundings)
    {
        Argument<string[]> ids = new("transactional-id") { Description = "The transactional ids", Arity = ArgumentArity.OneOrMore };
        return CommandParts.Leaf(
            "describe", "Show the producer, the age and the partitions of transactions", ["streamflow txns describe order-counts-1"], [ids], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Table table = new(
                    new("Transactional id", "transactionalId"), new("State", "state"), new("Producer id", "producerId", true), new("Epoch", "producerEpoch", true),
                    new("Timeout ms", "timeoutMs", true), new("Open for ms", "openForMs", true), new("Partitions", "partitions"));
                foreach (string id in context.Get(ids))
                {
                    DescribeTransactionsResponseTransactionStates x = await LoadAsync(cluster, id, context.Cancelled).ConfigureAwait(false);
                    // A start time stays behind when a transaction has ended.
                    bool isOpen = x.TransactionStartTimeMs >= 0 && x.TransactionState is ("Ongoing" or "PrepareCommit" or "PrepareAbort");
                    long? age = !isOpen ? null : Math.Max(0, context.Time.GetUtcNow().ToUnixTimeMilliseconds() - x.TransactionStartTimeMs);
                    table.Add(
                        x.TransactionalId, x.TransactionState, x.ProducerId, (int)x.ProducerEpoch, x.TransactionTimeoutMs, age,
                        x.Topics.SelectMany(static t => t.Partitions.Select(p => new TopicPartition(t.Topic, p))).Order().Select(static p => p.ToString()).ToList());
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Task<DescribeTransactionsResponseTransactionStates> LoadAsync(Cluster cluster, string id, CancellationToken ct) => cluster.RetryAsync(
        async () =>
        {
            BrokerConnection coordinator = await cluster.CoordinatorAsync(id, isTransaction: true, ct).ConfigureAwait(false);
            DescribeTransactionsResponse response = await coordinator.SendAsync(new DescribeTransactionsRequest { TransactionalIds = [id] }, ct).ConfigureAwait(false);
            Offsets.Throw(response.TransactionStates[0].ErrorCode, $"transactional id '{id}'");
            return response.TransactionStates[0];
        },
        ct);
}
