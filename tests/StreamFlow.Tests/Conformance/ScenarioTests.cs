namespace StreamFlow.Tests.Conformance;

/// <summary>
/// What Kafka Streams 4.3.1 did with the same topologies and the same records: outputs with times and headers, changelog
/// bytes, dropped records. Exceptions are compared as such, their texts are not contract.
/// </summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. ScenarioRunner.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_matches_the_recording(string name)
    {
        var (expected, actual) = ScenarioRunner.Run(name);
        Assert.True(expected == actual, $"Recorded, and what is meant to differ:\n{expected}\nHere:\n{actual}");
    }

    [Fact]
    public void Every_topology_has_a_recording_and_every_difference_a_line_of_one()
    {
        foreach (var set in ScenarioSet.All)
        {
            Assert.Empty(set.Topologies.Keys.Concat(set.Programs.Keys).Concat(set.Handlers.Keys).Concat(set.CacheBytes.Keys)
                .Except(set.Recorded.Keys));
            Assert.All(set.Differences.Keys, d => Assert.Contains(d.Line.Replace(Mended.Again, string.Empty, StringComparison.Ordinal), set.Recorded[d.Scenario]));
        }
    }
}
