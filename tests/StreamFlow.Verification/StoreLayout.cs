using System.Buffers.Binary;

namespace StreamFlow.Verification;

/// <summary>How a store in RocksDB keeps what its changelog has.</summary>
/// <param name="Name">Name of the store.</param>
internal sealed record StoreLayout(string Name)
{
    /// <summary>Whether a value begins with its headers; there are none here, which takes a byte.</summary>
    public bool HasHeaders { get; init; }

    /// <summary>Whether 8 bytes of its timestamp come then.</summary>
    public bool HasTimestamp { get; init; } = true;

    /// <summary>Whether keys of rows begin with a byte 0, so that something else may lie beside them.</summary>
    public bool IsMarked { get; init; }

    /// <summary>Where keys are in segments of time: how many bytes before the end the 8 bytes of time begin. 0: there are none.</summary>
    public int TimeFromEnd { get; init; }

    /// <summary>
    /// How long behind the latest of its times the store has everything, in milliseconds; what is older it may or may not have.
    /// </summary>
    public long KeptMs { get; init; } = long.MaxValue;

    public bool IsSegmented => TimeFromEnd > 0;

    /// <summary>
    /// Where rows end in the byte store. A windowed store's keys begin with 8 bytes of their segment of time, from which on (0xFF) it keeps
    /// its stream time; behind marked ones there is the time that was observed.
    /// </summary>
    public ReadOnlySpan<byte> End => IsSegmented ? [0x80] : IsMarked ? [1] : [];

    /// <summary>Bytes before the key that the changelog has.</summary>
    public int PrefixBytes => IsSegmented ? sizeof(long) : IsMarked ? 1 : 0;

    private const int WindowSuffix = sizeof(long) + sizeof(int);
    private const int SessionSuffix = 2 * sizeof(long);

    /// <summary>All stores in RocksDB.</summary>
    public static IReadOnlyDictionary<string, StoreLayout> All { get; } = new StoreLayout[]
    {
        new(Workload.AccountsStore),
        new(Workload.RunningRocks),
        new(Workload.WindowedRocks) { TimeFromEnd = WindowSuffix },
        Records(Trades.Paid + "-this-join-store", long.MaxValue),
        Records(Trades.Paid + "-other-join-store", long.MaxValue),
        Records(Trades.Settled + "-this-join-store", Trades.GraceMs),
        Records(Trades.Settled + "-outer-other-join-store", Trades.GraceMs),
        new(Trades.Settled + "-left-shared-join-store") { HasTimestamp = false },
        new(Trades.Visits) { HasTimestamp = false, TimeFromEnd = SessionSuffix, KeptMs = Trades.GraceMs },
        new(Trades.Tally) { TimeFromEnd = WindowSuffix, KeptMs = Trades.GraceMs },
        new(Trades.HeldWindows) { TimeFromEnd = WindowSuffix, KeptMs = Trades.GraceMs },
        new(Trades.Held + "-store") { HasTimestamp = false, IsMarked = true },
        new(Places.RegionsStore),
        new(Places.PlacedStore),
        new(Places.SubscriptionStore) { HasHeaders = true },
    }.ToDictionary(layout => layout.Name);

    /// <summary>A value and its timestamp as they are in the changelog; the timestamp is 0 where the store keeps none.</summary>
    public (ReadOnlyMemory<byte> Value, long Timestamp) Read(byte[] stored)
    {
        var at = 0;
        if (HasHeaders && stored[at++] != 0)
        {
            throw new HarnessException($"The store {Name} has headers, and nobody has sent any.");
        }

        if (!HasTimestamp)
        {
            return (stored.AsMemory(at), 0);
        }

        var timestamp = BinaryPrimitives.ReadInt64BigEndian(stored.AsSpan(at));
        return (stored.AsMemory(at + sizeof(long)), timestamp);
    }

    /// <summary>The time in a key of the changelog.</summary>
    public long TimeOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^TimeFromEnd..]);

    private static StoreLayout Records(string name, long keptMs) =>
        new(name) { HasHeaders = true, HasTimestamp = false, TimeFromEnd = WindowSuffix, KeptMs = keptMs };
}
