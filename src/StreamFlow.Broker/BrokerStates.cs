using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker;

/// <summary>What the parts of a broker show of themselves to its meter.</summary>
internal static class BrokerStates
{
    private static readonly GroupState[] GroupsThatLive =
        [GroupState.Empty, GroupState.PreparingRebalance, GroupState.CompletingRebalance, GroupState.Stable];

    private static readonly TransactionState[] TransactionsThatLast =
        [TransactionState.Ongoing, TransactionState.PrepareCommit, TransactionState.PrepareAbort];

    public static BrokerReadings Of(
        SocketServer server, TopicStore store, BrokerCoordinators coordinators, int maxConnections, TimeProvider time) => new()
    {
        Connections = () => new ConnectionCounts(
            server.ConnectionCount, server.AcceptedCount, server.RefusedCount, maxConnections),
        Bytes = () => new ByteCounts(server.Budget.Used, server.Budget.Limit, server.Budget.Waiting),
        Partitions = () => store.Topics.SelectMany(static topic => topic.Partitions.Select((log, number) => new PartitionState(
            topic.Name, number, log.SizeInBytes, log.LogStartOffset, log.LogEndOffset, log.LastStableOffset, log.Trouble is not null))),
        Groups = () => Counts(GroupsThatLive, coordinators.Groups.List([], []).Select(static group => group.State)),
        Transactions = () => Counts(TransactionsThatLast, coordinators.Transactions.List().Select(static x => x.Value.State)),
        CoordinatorsAway = () => [("groups", !coordinators.HasGroups), ("transactions", !coordinators.HasTransactions)],
        OldestTransaction = () => Age(coordinators.Transactions, time),
    };

    /// <summary>What is wrong at this moment.</summary>
    public static BrokerState Of(TopicStore store, BrokerCoordinators coordinators)
    {
        BrokerPartitionTrouble[] troubles =
        [
            .. from topic in store.Topics.OrderBy(static topic => topic.Name, StringComparer.Ordinal)
               from partition in topic.Partitions.Select(static (log, number) => (Log: log, Number: number))
               let trouble = partition.Log.Trouble
               where trouble is not null
               select new BrokerPartitionTrouble(
                   topic.Name, partition.Number, trouble.Kind != TroubleKind.Damage, trouble.Reason, trouble.Since),
        ];
        bool groups = coordinators.HasGroups && store.GetPartition(GroupCoordinator.TopicName, 0) is { Trouble: null };
        bool transactions = coordinators.HasTransactions;
        return new BrokerState(
            troubles.Length == 0 && groups && transactions ? BrokerCondition.Healthy : BrokerCondition.Degraded,
            troubles, groups, transactions);
    }

    private static IEnumerable<(string State, long Count)> Counts<T>(T[] shown, IEnumerable<T> all)
        where T : struct, Enum
    {
        Dictionary<T, int> counts = all.CountBy(static state => state).ToDictionary();
        return shown.Select(state => (state.ToString(), (long)counts.GetValueOrDefault(state)));
    }

    private static double Age(TransactionCoordinator transactions, TimeProvider time)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return transactions.List().Where(static x => !x.Value.State.IsIdle() && x.Value.StartMs >= 0)
            .Select(x => Math.Max(0, now - x.Value.StartMs) / 1000.0).DefaultIfEmpty().Max();
    }
}
