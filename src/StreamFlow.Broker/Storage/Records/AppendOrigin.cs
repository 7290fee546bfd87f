namespace StreamFlow.Broker.Storage;

/// <summary>Who wrote a batch; decides which checks apply.</summary>
internal enum AppendOrigin
{
    /// <summary>A producer: sequences are checked, control batches refused.</summary>
    Client,

    /// <summary>A coordinator of this broker: no sequence checks; may belong to a transaction.</summary>
    Coordinator,

    /// <summary>The transaction coordinator ending a transaction: exactly one control record.</summary>
    Marker,

    /// <summary>
    /// A marker that an administrator asks for (WriteTxnMarkers): as <see cref="Marker"/>, but a coordinator older than
    /// the one that wrote the last marker is refused.
    /// </summary>
    ForeignMarker,

    /// <summary>
    /// As <see cref="ForeignMarker"/>, of a transaction of version 2: its epoch is above that of the records it ends, or it
    /// repeats a marker that ended them (KIP-1228).
    /// </summary>
    ForeignMarkerOfVersion2,
}

/// <summary>Questions about an <see cref="AppendOrigin"/>.</summary>
internal static class AppendOrigins
{
    /// <summary>Whether the batch must be a marker; no other batch may be one.</summary>
    public static bool IsMarker(this AppendOrigin origin) => origin == AppendOrigin.Marker || origin.IsForeign();

    /// <summary>Whether the marker comes from outside, and its coordinator must be checked.</summary>
    public static bool IsForeign(this AppendOrigin origin) =>
        origin is AppendOrigin.ForeignMarker or AppendOrigin.ForeignMarkerOfVersion2;
}
