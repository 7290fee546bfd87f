namespace StreamFlow.Benchmarks.Operators;

/// <summary>An operator between a source and a sink.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Describe">The topology; it reads <c>in</c>, and where it takes a second input <c>other</c>, and writes
/// <c>out</c>, keys and values being 8-byte numbers.</param>
internal sealed record OperatorCase(string Name, Action<StreamsBuilder> Describe)
{
    /// <summary>Topics that the records of a turn come from, in equal parts; all others are filled once before.</summary>
    public IReadOnlyList<string> Feeds { get; init; } = ["in"];

    /// <summary>Bytes of the record cache: none, so that each update is written and forwarded.</summary>
    public long CacheBytes { get; init; }

    public override string ToString() => Name;
}
