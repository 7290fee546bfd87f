using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string SuppressPrefix = "KTABLE-SUPPRESS-";

    /// <summary>
    /// Holds updates back, and sends on one in the place of several: until a time is over, or of windows until they close. An
    /// update has the time and the headers of the last one that it stands for. A join that looks a row up finds the one
    /// that was sent on last.
    /// </summary>
    /// <param name="suppressed">Which updates wait, how long, and how many may.</param>
    /// <returns>The rows, with fewer updates.</returns>
    /// <exception cref="TopologyException">
    /// The windows that it should wait for have no end, or there are none; or the table has a history, whose updates may be
    /// older than the row.
    /// </exception>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(windows).Count().Suppress(Suppressed.UntilWindowCloses()).ToStream().To("clicks-per-minute")
    /// </code></example>
    public KTable<TKey, TValue> Suppress(Suppressed suppressed)
    {
        ArgumentNullException.ThrowIfNull(suppressed);
        if (History is not null)
        {
            throw new TopologyException(
                "Suppress() is for tables without a history: an update of one with a history may be older than the row, and "
                + "would take its place. Leave Materialized.History out, or suppress a table that is derived from this one.");
        }

        // A name uses no number up here, as in Kafka Streams.
        var name = suppressed.Name is { } given ? ResourceName.Check(given) : _graph.NodeName(null, SuppressPrefix);
        var storeName = suppressed.Name is null ? _graph.StoreName(null, SuppressPrefix) : suppressed.Name + "-store";
        var rule = SuppressRule<TKey>.Of(name, suppressed, Node);
        var buffer = new WaitingUpdatesBuilder<TKey, TValue>(storeName, _keys, _values)
        {
            StoreType = suppressed.Buffer.StoreType,
            LoggingEnabled = suppressed.Buffer.LoggingEnabled,
            TopicConfigs = suppressed.Buffer.TopicConfigs,
        };
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TValue>>(
            name,
            [_output],
            (setup, next) => new SuppressProcessor<TKey, TValue>(setup, next, rule, storeName))
        {
            Rows = new RowsDescription(buffer, OnDemand: false, IsPart: true) { AreSafe = true },
            OldValues = OldValueDemand.Always,
        };
        _graph.Add(node);
        return new KTable<TKey, TValue>(
            _graph, node.Output, _keys, _values, new SuppressedRows<TKey, TValue>(Rows, storeName));
    }
}
