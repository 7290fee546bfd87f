using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>Where the record being processed came from. One per task, overwritten for each input record.</summary>
internal sealed class RecordContext
{
    private int _topicHash;
    private int _results;

    public string Topic { get; private set; } = string.Empty;

    public int Partition { get; private set; } = -1;

    public long Offset { get; private set; } = -1;

    /// <summary>The input record's own bytes, for a dead letter; null outside of an input record.</summary>
    public RecordBatch? Batch { get; private set; }

    public int Index { get; private set; }

    /// <summary>
    /// Which result of which input record the next one is, as a number: the same whenever the record is processed; 0 outside
    /// of an input record.
    /// </summary>
    public long NextMark()
    {
        if (Batch is null)
        {
            return 0;
        }

        // Mixed as SplitMix64 does: neighbours must not meet.
        var mark = ((ulong)(uint)_topicHash << 32) ^ ((ulong)(uint)Partition << 20) ^ (uint)_results++;
        mark = (mark ^ ((ulong)Offset * 0x9E3779B97F4A7C15)) * 0xBF58476D1CE4E5B9;
        mark = (mark ^ (mark >> 27)) * 0x94D049BB133111EB;
        return (long)(mark ^ (mark >> 31)) | 1;
    }

    public void Set(string topic, int partition, long offset, RecordBatch batch, int index)
    {
        if (!ReferenceEquals(topic, Topic))
        {
            _topicHash = topic.GetHashCode(StringComparison.Ordinal);
        }

        Topic = topic;
        Partition = partition;
        Offset = offset;
        Batch = batch;
        _results = 0;
        Index = index;
    }

    public void Clear()
    {
        Topic = string.Empty;
        Partition = -1;
        Offset = -1;
        Batch = null;
    }
}
