namespace StreamFlow.Benchmarks.Bindings;

/// <summary>One binding of RocksDB's library, doing what a state store asks for; both write without a log.</summary>
internal interface IBinding : IDisposable
{
    /// <summary>Writes pairs as one batch.</summary>
    void Put(ReadOnlySpan<(byte[] Key, byte[] Value)> pairs);

    /// <summary>Reads a key.</summary>
    /// <returns>Length of the value; -1 if there is none.</returns>
    int Get(byte[] key);

    /// <summary>Reads all entries in order.</summary>
    /// <returns>Bytes of keys and values.</returns>
    long Scan();
}
