namespace StreamFlow.Dashboard;

/// <summary>The stores of an application.</summary>
internal sealed record StoresModel(IReadOnlyList<StoreModel> Stores);

/// <summary>A store, over all of its partitions that are here.</summary>
internal sealed record StoreModel(string Name, string Kind, bool Persistent)
{
    public long? Entries { get; init; }

    public long? DiskBytes { get; init; }

    public long? CacheBytes { get; init; }

    public double? HitRatio { get; init; }

    public string? ChangelogTopic { get; init; }

    public long? ChangelogLag { get; init; }

    public string? KeyType { get; init; }

    public string? ValueType { get; init; }

    public IReadOnlyList<int> Partitions { get; init; } = [];

    public IReadOnlyList<CommittedModel> CommittedUpTo { get; init; } = [];

    public IReadOnlyList<string> Queries { get; init; } = [];
}

/// <summary>What a partition of a store is complete up to.</summary>
internal sealed record CommittedModel(int Partition, IReadOnlyList<PositionModel> Positions);

/// <summary>A position in a topic.</summary>
internal sealed record PositionModel(string Topic, int Partition, long Offset);

/// <summary>Rows of a store.</summary>
internal sealed record RowsModel(
    IReadOnlyList<RowModel> Rows, string? NextPage, bool Complete, string Isolation, DateTimeOffset At);

/// <summary>A row of a store.</summary>
internal sealed record RowModel(
    TextModel Key, DateTimeOffset? WindowStart, DateTimeOffset? WindowEnd, TextModel Value, DateTimeOffset? Timestamp);

/// <summary>
/// A key or value as it can be shown: as text, as JSON where it is some, and as bytes where they are at hand. It is data of a user and
/// never markup.
/// </summary>
internal sealed record TextModel(string? Text, string? Json, string? Hex, long? Bytes, bool Cut, string? Type);
