using StreamFlow.State;

namespace StreamFlow;

/// <summary>Name and stores of a processor of your own.</summary>
/// <example><code>new() { Name = "check", StoreNames = ["seen"] }</code></example>
public sealed record ProcessorOptions
{
    /// <summary>Name of the operator.</summary>
    /// <value>
    /// Default: generated, as <c>KSTREAM-PROCESSOR-0000000001</c>, or <c>KSTREAM-PROCESSVALUES-0000000001</c> where keys stay.
    /// </value>
    public string? Name { get; init; }

    /// <summary>
    /// Names of the stores that it reads and writes: stores added by <c>AddStateStore</c>, and those of tables and aggregations
    /// that have a name. Who shares a store is in one sub-topology.
    /// </summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> StoreNames { get; init; } = [];

    /// <summary>Stores that come with the processor: they are added and connected.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<StoreBuilder> Stores { get; init; } = [];
}
