namespace StreamFlow.RocksDb;

/// <summary>
/// First byte of every key in a store's column family. It keeps what the store knows about itself apart from the user's
/// keys, which may be any bytes, and yet in the same family, so that both become durable together.
/// </summary>
internal static class KeySpace
{
    public const int Length = 1;

    /// <summary>What the store knows about itself; the empty key holds the changelog offset.</summary>
    public const byte Meta = 0x00;

    /// <summary>The user's keys.</summary>
    public const byte Data = 0x01;
}
