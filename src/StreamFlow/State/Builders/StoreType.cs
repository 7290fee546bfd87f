namespace StreamFlow;

/// <summary>Where the bytes of a store are.</summary>
public enum StoreType
{
    /// <summary>On disk, in RocksDB; larger than memory, and quick to reopen.</summary>
    Persistent,

    /// <summary>In memory; read again from the changelog at each start.</summary>
    InMemory,
}
