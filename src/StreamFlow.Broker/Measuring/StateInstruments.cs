using System.Diagnostics.Metrics;
using System.Globalization;

namespace StreamFlow.Broker.Measuring;

/// <summary>Instruments that read what a broker is at when somebody collects.</summary>
internal static class StateInstruments
{
    public static void CreateConnections(Meter meter, KeyValuePair<string, object?> tag, BrokerReadings state)
    {
        Measurement<long> Of(Func<ConnectionCounts, long> what) => new(what(state.Connections()), tag);
        meter.CreateObservableGauge(
            "streamflow.broker.connections", () => Of(static c => c.Open), "{connection}", "Connections that are open.");
        meter.CreateObservableGauge(
            "streamflow.broker.connections.limit", () => Of(static c => c.Limit), "{connection}", "Connections that may be open at once.");
        meter.CreateObservableCounter(
            "streamflow.broker.connections.accepted", () => Of(static c => c.Accepted), "{connection}", "Connections that were let in.");
        meter.CreateObservableCounter(
            "streamflow.broker.connections.refused", () => Of(static c => c.Refused), "{connection}", "Connections that were one too many.");
    }

    public static void CreateBytes(Meter meter, KeyValuePair<string, object?> tag, BrokerReadings state)
    {
        Measurement<long> Of(Func<ByteCounts, long> what) => new(what(state.Bytes()), tag);
        meter.CreateObservableGauge(
            "streamflow.broker.memory.used", () => Of(static c => c.Used), "By", "Bytes that requests and answers hold.");
        meter.CreateObservableGauge(
            "streamflow.broker.memory.limit", () => Of(static c => c.Limit), "By", "Bytes that they may hold.");
        meter.CreateObservableGauge(
            "streamflow.broker.memory.waiting", () => Of(static c => c.Waiting), "{request}", "Requests that wait for others to give bytes back.");
    }

    public static void CreateLogs(Meter meter, KeyValuePair<string, object?> tag, BrokerReadings state)
    {
        IEnumerable<Measurement<long>> Each(Func<PartitionState, long> what) => state.Partitions()
            .Select(p => new Measurement<long>(
                what(p), tag, new("topic", p.Topic), new("partition", p.Partition.ToString(CultureInfo.InvariantCulture))));
        meter.CreateObservableGauge(
            "streamflow.broker.topic.size",
            () => state.Partitions().GroupBy(static p => p.Topic)
                .Select(topic => new Measurement<long>(topic.Sum(static p => p.Bytes), tag, new("topic", topic.Key))),
            "By", "Bytes of the topic's logs on the disk.");
        meter.CreateObservableGauge(
            "streamflow.broker.partition.start_offset", () => Each(static p => p.StartOffset), "{offset}", "Offset of the first record.");
        meter.CreateObservableGauge(
            "streamflow.broker.partition.end_offset", () => Each(static p => p.EndOffset), "{offset}", "Offset of the next record.");
        meter.CreateObservableGauge(
            "streamflow.broker.partition.stable_offset", () => Each(static p => p.StableOffset), "{offset}",
            "Where readers of committed records stop.");
        meter.CreateObservableGauge(
            "streamflow.broker.partitions.offline",
            () => new Measurement<long>(state.Partitions().Count(static p => p.IsOffline), tag), "{partition}",
            "Partitions that the disk has failed.");
    }

    public static void CreateCoordinators(Meter meter, KeyValuePair<string, object?> tag, BrokerReadings state)
    {
        IEnumerable<Measurement<long>> ByState(Func<IEnumerable<(string State, long Count)>> counts) =>
            counts().Select(count => new Measurement<long>(count.Count, tag, new("state", count.State)));
        meter.CreateObservableGauge(
            "streamflow.broker.groups", () => ByState(state.Groups), "{group}", "Consumer groups.");
        meter.CreateObservableGauge(
            "streamflow.broker.transactions", () => ByState(state.Transactions), "{transaction}",
            "Transactions that are open or being ended.");
        meter.CreateObservableGauge(
            "streamflow.broker.coordinator.away",
            () => state.CoordinatorsAway().Select(
                one => new Measurement<long>(one.IsAway ? 1 : 0, tag, new KeyValuePair<string, object?>("coordinator", one.Coordinator))),
            "{coordinator}", "Coordinators that are away because the disk has failed their log.");
        meter.CreateObservableGauge(
            "streamflow.broker.transaction.oldest", () => new Measurement<double>(state.OldestTransaction(), tag), "s",
            "For how long the oldest of them has been open.");
    }
}
