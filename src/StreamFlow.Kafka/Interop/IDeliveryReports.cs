namespace StreamFlow.Kafka.Interop;

/// <summary>Takes what a producer hears of the records it was handed, batch by batch.</summary>
internal interface IDeliveryReports
{
    /// <summary>Whether copies of delivered records are wanted too.</summary>
    bool KeepsDelivered { get; }

    /// <summary>A record of the batch at hand was not delivered.</summary>
    /// <param name="error">Why not.</param>
    /// <param name="record">The record, copied.</param>
    void Failed(in NativeError error, ReportedRecord record);

    /// <summary>A record of the batch at hand is in the log, and a copy of it was wanted.</summary>
    /// <param name="record">The record, copied.</param>
    void Kept(ReportedRecord record);

    /// <summary>The batch at hand has been told of, in the order of its records: all of it was delivered, or all failed.</summary>
    /// <param name="topic">The topic's handle.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="lastOffset">Offset of its last record; -1 when it failed or the broker did not tell.</param>
    /// <param name="bytes">Its size, see <see cref="RecordSize"/>.</param>
    void Ended(nint topic, int partition, long lastOffset, long bytes);
}
