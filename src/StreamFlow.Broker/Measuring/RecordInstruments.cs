using System.Diagnostics.Metrics;

namespace StreamFlow.Broker.Measuring;

/// <summary>What came in and went out, by topic. Free while nobody listens.</summary>
internal sealed class RecordInstruments
{
    private readonly KeyValuePair<string, object?> _tag;
    private readonly Counter<long> _produced;
    private readonly Counter<long> _producedBytes;
    private readonly Counter<long> _fetched;
    private readonly Counter<long> _fetchedBytes;

    public RecordInstruments(Meter meter, KeyValuePair<string, object?> tag)
    {
        _tag = tag;
        _produced = meter.CreateCounter<long>("streamflow.broker.produced", "{record}", "Records that clients have appended.");
        _producedBytes = meter.CreateCounter<long>("streamflow.broker.produced.size", "By", "Bytes of their batches, as they are compressed.");
        _fetched = meter.CreateCounter<long>("streamflow.broker.fetched", "{record}", "Records in answers to fetches.");
        _fetchedBytes = meter.CreateCounter<long>("streamflow.broker.fetched.size", "By", "Bytes of their batches, as they are compressed.");
    }

    /// <summary>Whether anybody wants to know what was fetched: its records are not counted otherwise.</summary>
    public bool CountsFetched => _fetched.Enabled;

    public void Produced(string topic, long records, long bytes)
    {
        KeyValuePair<string, object?> topicTag = new("topic", topic);
        Listeners.Add(_produced, records, _tag, topicTag);
        Listeners.Add(_producedBytes, bytes, _tag, topicTag);
    }

    public void Fetched(string topic, long records, long bytes)
    {
        KeyValuePair<string, object?> topicTag = new("topic", topic);
        Listeners.Add(_fetched, records, _tag, topicTag);
        Listeners.Add(_fetchedBytes, bytes, _tag, topicTag);
    }
}
