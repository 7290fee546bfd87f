namespace StreamFlow.Protocol;

/// <summary>
/// Record batches in a message; null by default. What was read is a slice of the frame and valid as long as that is; what is
/// written goes out as it lies in memory, without being copied.
/// </summary>
internal readonly struct WireRecords
{
    private readonly bool _isThere;

    private WireRecords(Memory<byte> memory, byte[]? rented)
    {
        _isThere = true;
        Memory = memory;
        Rented = rented;
    }

    /// <summary>No batches, which is something else than null: librdkafka drops a whole response over a null.</summary>
    public static WireRecords Empty => new(Memory<byte>.Empty, null);

    public bool IsNull => !_isThere;

    /// <summary>The batches; empty when there are none.</summary>
    public Memory<byte> Memory { get; }

    /// <summary>The buffer to give back to the shared pool once the message was sent; null when somebody else owns the memory.</summary>
    public byte[]? Rented { get; }

    /// <summary>Batches in memory that stays as it is until the message was sent.</summary>
    public static WireRecords Of(Memory<byte> memory) => new(memory, null);

    /// <summary>Batches in a buffer from the shared pool, which the writer owns from here on; empty when there is no buffer.</summary>
    public static WireRecords OfRented(byte[]? rented, int length) => rented is null ? Empty : new(rented.AsMemory(0, length), rented);
}
