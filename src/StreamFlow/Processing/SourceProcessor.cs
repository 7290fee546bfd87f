using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>Entry of a task: deserializes records of its topics and hands them to its children.</summary>
internal abstract class SourceProcessor : Node
{
    protected SourceProcessor(string name)
        : base(name)
    {
    }

    /// <summary>
    /// Whether the timestamp comes from the record's content, so that the head of a partition must be deserialized
    /// before the partition to process next can be chosen.
    /// </summary>
    public abstract bool ReadsTimestampFromRecord { get; }

    /// <summary>
    /// Event time of a record. Only called when <see cref="ReadsTimestampFromRecord"/> is true; otherwise it is
    /// the record's own timestamp.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="partitionTime">Largest timestamp taken from this partition so far, -1 before the first.</param>
    /// <param name="timestamp">The event time; negative to leave the record out.</param>
    /// <returns>False when the record has no time that can be had; <see cref="Process"/> then deals with it.</returns>
    public abstract bool TryExtractTimestamp(
        in ByteRecord record, Headers? headers, long partitionTime, out long timestamp);

    /// <summary>Deserializes a record and sends it down the topology; the task's record context is set.</summary>
    /// <param name="record">The record; its bytes are valid during the call.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="timestamp">Its event time, not negative.</param>
    public abstract void Process(in ByteRecord record, Headers? headers, long timestamp);
}
