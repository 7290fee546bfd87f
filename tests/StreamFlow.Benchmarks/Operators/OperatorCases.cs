namespace StreamFlow.Benchmarks.Operators;

/// <summary>The operators by family, the bare hop first in each.</summary>
internal static class OperatorCases
{
    public const string Hop = "source, sink";

    public static IReadOnlyDictionary<string, IReadOnlyList<OperatorCase>> Families { get; } =
        new Dictionary<string, IReadOnlyList<OperatorCase>>(StringComparer.Ordinal)
        {
            ["stateless"] = StatelessCases.All,
            ["aggregation"] = AggregationCases.All,
            ["join"] = JoinCases.All,
        };
}
