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

    public void Produced(string topic, long records, long bytes)
    {
        KeyValuePair<string, object?> topicTag = new("topic", topic);
        Listeners.Add(_produced, records, _tag, topicTag);
        Listeners.Add(_producedBytes, bytes, _tag, topicTag);
    }

    /// <summary>Counts the batches of an answer: their headers say how many records they have.</summary>
    public void Fetched(string? topic, ReadOnlySpan<byte> batches)
    {
        if (!_fetched.Enabled || batches.IsEmpty || topic is null)
        {
            return;
        }

        long records = 0;
        int bytes = batches.Length;
        while (BatchHeader.TryRead(batches, out BatchHeader batch) && batch.TotalSize <= batches.Length)
        {
            records += batch.IsControl ? 0 : batch.RecordCount;
            batches = batches[batch.TotalSize..];
        }

        KeyValuePair<string, object?> topicTag = new("topic", topic);
        Listeners.Add(_fetched, records, _tag, topicTag);
        Listeners.Add(_fetchedBytes, bytes, _tag, topicTag);
    }
}
