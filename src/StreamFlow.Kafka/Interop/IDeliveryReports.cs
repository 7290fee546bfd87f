namespace StreamFlow.Kafka.Interop;

/// <summary>Takes what a producer hears of the records it was handed.</summary>
internal interface IDeliveryReports
{
    /// <summary>Records of a partition are in the log.</summary>
    /// <param name="topic">The topic's handle.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="lastOffset">Offset of the last of them.</param>
    void Delivered(nint topic, int partition, long lastOffset);

    /// <summary>A record was not delivered.</summary>
    /// <param name="topic">The topic's handle.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="error">Why not.</param>
    /// <param name="key">The record's key, copied.</param>
    /// <param name="value">The record's value, copied.</param>
    /// <param name="mark">What the record was handed over with.</param>
    void Failed(nint topic, int partition, in NativeError error, byte[]? key, byte[]? value, long mark);
}
