namespace StreamFlow;

/// <summary>How many updates a suppression may hold back, and where it keeps them.</summary>
/// <example><code>new BufferConfig { MaxRecords = 10_000, WhenFull = BufferFullStrategy.EmitEarly }</code></example>
public sealed record BufferConfig
{
    /// <summary>Holds back whatever there is.</summary>
    public static BufferConfig Unbounded { get; } = new();

    /// <summary>Most keys that wait; a new update of one that waits takes the place of the one before.</summary>
    /// <value>Default: <see langword="null"/>, no limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is not at least 1.</exception>
    public long? MaxRecords
    {
        get;
        init => field = AtLeastOne(value, nameof(MaxRecords));
    }

    /// <summary>
    /// Most bytes that wait: of each key the key, its rows before and now, topic and headers, and 28 for times and position.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is not at least 1.</exception>
    public long? MaxBytes
    {
        get;
        init => field = AtLeastOne(value, nameof(MaxBytes));
    }

    /// <summary>What to do when more than that would wait.</summary>
    /// <value>Default: <see cref="BufferFullStrategy.EmitEarly"/>.</value>
    public BufferFullStrategy WhenFull { get; init; } = BufferFullStrategy.EmitEarly;

    /// <summary>Whether what waits goes to a changelog topic. Without one, what waited on a lost machine is lost.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool LoggingEnabled { get; init; } = true;

    /// <summary>Where the bytes of what waits are. Keys and times are in memory in any case.</summary>
    /// <value>Default: <see cref="StreamsBuilder.DefaultStoreType"/>.</value>
    public StoreType? StoreType { get; init; }

    /// <summary>Configuration of the changelog topic by Kafka's names; goes before the defaults.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> TopicConfigs { get; init; } = new Dictionary<string, string>();

    internal bool IsBounded => MaxRecords is not null || MaxBytes is not null;

    private static long? AtLeastOne(long? value, string name)
    {
        if (value is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, name);
        }

        return value;
    }
}

/// <summary>What a suppression does when its buffer is full.</summary>
public enum BufferFullStrategy
{
    /// <summary>Sends on what has waited longest, before its time.</summary>
    EmitEarly,

    /// <summary>Ends the thread with an error.</summary>
    ShutDown,
}
