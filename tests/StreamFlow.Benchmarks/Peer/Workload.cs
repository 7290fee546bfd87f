using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>What the results of a workload are, and so how they are checked.</summary>
internal enum OutputKind
{
    /// <summary>Opaque bytes: their hash.</summary>
    Bytes,

    /// <summary>Updates of counts and sums as JSON: the last of each key.</summary>
    Totals,

    /// <summary>Updates of counts, 8 bytes, which may be taken back: the last of each key.</summary>
    Counts,

    /// <summary>JSON with an amount, each a result of its own: their number and the sum.</summary>
    Amounts,
}

/// <summary>Where a workload reads and writes, and who counts its steps.</summary>
internal sealed record WorkloadTopics(IReadOnlyList<string> Inputs, string Output, Steps InputSteps, Steps RepartitionSteps);

/// <summary>A program, its data and what must come out.</summary>
/// <param name="Describe">The program.</param>
/// <param name="Inputs">Topics that it reads by default, the orders first.</param>
/// <param name="Output">What it writes.</param>
internal sealed record Workload(
    Action<StreamsBuilder, WorkloadTopics> Describe, IReadOnlyList<string> Inputs, OutputKind Output)
{
    /// <summary>From the data's seed and the number of records in the first input: how many results there are, or what the final
    /// counts come to, when nothing is late. Where it repartitions, so many records go that way.</summary>
    public required Func<long, long, long> Expected { get; init; }

    public bool Repartitions { get; init; }

    public Topology Build(WorkloadTopics topics)
    {
        var builder = new StreamsBuilder();
        Describe(builder, topics);
        return builder.Build();
    }
}
