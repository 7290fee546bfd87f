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
}
