namespace StreamFlow.Measuring;

/// <summary>What is done to a store.</summary>
internal enum StoreOperation
{
    /// <summary>A key is looked up.</summary>
    Get,

    /// <summary>A key is written.</summary>
    Put,

    /// <summary>Keys are gone through.</summary>
    Range,

    /// <summary>What was written is logged, staged and handed on.</summary>
    Flush,
}

/// <summary>Counts of one store of a task.</summary>
/// <param name="task">The task's tags.</param>
/// <param name="store">Name of the store.</param>
/// <param name="clock">Set where calls are timed; null: they are not.</param>
internal sealed class StoreCounts(KeyValuePair<string, object?>[] task, string store, TimeProvider? clock)
    : Counts([.. task, new("store", store)])
{
    public static readonly string[] Operations = ["get", "put", "range", "flush"];
    private readonly long[] _calls = new long[Operations.Length];
    private readonly long[] _ticks = new long[Operations.Length];

    /// <summary>Keys that were looked up.</summary>
    public long Lookups { get; set; }

    /// <summary>Those of them that were not in memory.</summary>
    public long Misses { get; set; }

    /// <summary>Roughly how many entries it has.</summary>
    public Func<long?>? Entries { get; init; }

    /// <summary>Bytes of its entries in the record cache; null: it has none there.</summary>
    public Func<long>? CacheBytes { get; set; }

    /// <summary>What the backend knows of it, by name; null where it knows nothing.</summary>
    public Func<string, long?>? Statistics { get; init; }

    /// <summary>Whether calls are timed.</summary>
    public bool IsTimed => clock is not null;

    /// <summary>A call begins.</summary>
    public long Begin() => clock!.GetTimestamp();

    /// <summary>A call has ended.</summary>
    public void End(StoreOperation operation, long began)
    {
        _ticks[(int)operation] += clock!.GetElapsedTime(began).Ticks;
        _calls[(int)operation]++;
    }

    public long Calls(int operation) => Volatile.Read(ref _calls[operation]);

    public double Seconds(int operation) => TimeSpan.FromTicks(Volatile.Read(ref _ticks[operation])).TotalSeconds;
}
