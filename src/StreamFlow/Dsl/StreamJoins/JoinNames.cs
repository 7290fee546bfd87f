using StreamFlow.Planning;

namespace StreamFlow.Dsl;

/// <summary>Names of the operators and stores of a join of two streams, as Kafka Streams gives them, to the number.</summary>
internal sealed record JoinNames
{
    private const string WindowedPrefix = "KSTREAM-WINDOWED-";
    private const string MergePrefix = "KSTREAM-MERGE-";
    private const string StoreSuffix = "-store";

    public required string LeftWindow { get; init; }

    public required string RightWindow { get; init; }

    public required string LeftJoin { get; init; }

    public required string RightJoin { get; init; }

    public required string Merge { get; init; }

    public required string LeftStore { get; init; }

    public required string RightStore { get; init; }

    /// <summary>The store of records that wait; not used by inner joins.</summary>
    public required string WaitingStore { get; init; }

    /// <summary>Makes the names. Five numbers are used up in any case, in this order.</summary>
    /// <param name="graph">Gives the numbers.</param>
    /// <param name="name">Base of the operators' names, or null.</param>
    /// <param name="storeName">Base of the stores' names, or null.</param>
    /// <param name="kind">A side is called by whether records of the other one have a result alone.</param>
    public static JoinNames Of(TopologyGraph graph, string? name, string? storeName, StreamJoinKind kind)
    {
        var leftIsOuter = kind == StreamJoinKind.Outer;
        var rightIsOuter = kind != StreamJoinKind.Inner;
        var leftSuffix = leftIsOuter ? "-outer-this-join" : "-this-join";
        var rightSuffix = rightIsOuter ? "-outer-other-join" : "-other-join";
        var leftWindow = graph.NodeName(With(name, "-this-windowed"), WindowedPrefix);
        var rightWindow = graph.NodeName(With(name, "-other-windowed"), WindowedPrefix);
        var leftPrefix = leftIsOuter ? "KSTREAM-OUTERTHIS-" : "KSTREAM-JOINTHIS-";
        var left = graph.NodeName(null, leftPrefix);
        var right = graph.NodeName(null, rightIsOuter ? "KSTREAM-OUTEROTHER-" : "KSTREAM-JOINOTHER-");
        return new JoinNames
        {
            LeftWindow = leftWindow,
            RightWindow = rightWindow,
            LeftJoin = Checked(With(name, leftSuffix) ?? left),
            RightJoin = Checked(With(name, rightSuffix) ?? right),
            Merge = graph.NodeName(With(name, "-merge"), MergePrefix),
            LeftStore = Checked((With(storeName, leftSuffix) ?? left) + StoreSuffix),
            RightStore = Checked((With(storeName, rightSuffix) ?? right) + StoreSuffix),
            WaitingStore = (With(storeName, leftIsOuter ? "-outer-shared-join" : "-left-shared-join")
                ?? "KSTREAM-OUTERSHARED-" + left[leftPrefix.Length..]) + StoreSuffix,
        };
    }

    private static string? With(string? name, string suffix) => name is null ? null : name + suffix;

    private static string Checked(string name) => ResourceName.Check(name);
}
