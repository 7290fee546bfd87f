using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>Where the record being processed came from. One per task, overwritten for each input record.</summary>
internal sealed class RecordContext
{
    public string Topic { get; private set; } = string.Empty;

    public int Partition { get; private set; } = -1;

    public long Offset { get; private set; } = -1;

    /// <summary>The input record's own bytes, for a dead letter; null outside of an input record.</summary>
    public RecordBatch? Batch { get; private set; }

    public int Index { get; private set; }

    public void Set(string topic, int partition, long offset, RecordBatch batch, int index)
    {
        Topic = topic;
        Partition = partition;
        Offset = offset;
        Batch = batch;
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
