namespace StreamFlow.Broker.Storage;

/// <summary>What the disk failed in, from what is mended by trying again to what is not.</summary>
internal enum TroubleKind
{
    /// <summary>A write was refused, or a file could not be made: a full disk, no file handles. What was written before is whole.</summary>
    Write,

    /// <summary>Files could not be read, or hold less than they should.</summary>
    Read,

    /// <summary>An fsync failed: the kernel may have dropped what it could not write, and would not say so a second time.</summary>
    Flush,

    /// <summary>Records that had been confirmed are missing or wrong. Nothing is served.</summary>
    Damage,
}

/// <summary>Why a log takes no writes.</summary>
/// <param name="Kind">What failed.</param>
/// <param name="Reason">In the words of the system.</param>
/// <param name="Since">Since when.</param>
internal sealed record LogTrouble(TroubleKind Kind, string Reason, DateTimeOffset Since)
{
    /// <summary>The bytes that there was no room for.</summary>
    public int WantedBytes { get; init; }
}
