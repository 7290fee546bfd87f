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

    public static BrokerState Of(
        SocketServer server, TopicStore store, GroupCoordinator groups, TransactionCoordinator transactions, EmbeddedBrokerOptions options) => new()
    {
        Connections = () => new ConnectionCounts(
            server.ConnectionCount, server.AcceptedCount, server.RefusedCount, options.MaxConnections),
        Partitions = () => store.Topics.SelectMany(static topic => topic.Partitions.Select((log, number) => new PartitionState(
            topic.Name, number, log.SizeInBytes, log.LogStartOffset, log.LogEndOffset, log.LastStableOffset, log.Trouble is not null))),
        Groups = () => Counts(GroupsThatLive, groups.List([], []).Select(static group => group.State)),
        Transactions = () => Counts(TransactionsThatLast, transactions.List().Select(static x => x.Value.State)),
        OldestTransaction = () => Age(transactions, options.TimeProvider),
    };

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
