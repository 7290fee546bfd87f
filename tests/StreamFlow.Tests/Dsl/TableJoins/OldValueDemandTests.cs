using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Dsl.TableJoins;

/// <summary>Whom a demand for the values before reaches.</summary>
public sealed class OldValueDemandTests
{
    /// <summary>
    /// A filter with a store that nobody asks tells a deletion of each row that does not pass, whether it ever did. One that is a side of a
    /// join is asked where the join is, though the join has a store of its own.
    /// </summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_join_with_a_store_passes_it_on_to_its_sides(bool isFiltered, int deletions)
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("t");
        var even = table.Filter((_, value) => value.Length % 2 == 0, new() { Name = "even" });
        even.ToStream().To("even");
        var joined = even.Join(table, (one, other) => one + other, new() { Name = "joined" });
        (isFiltered ? joined.Filter((_, value) => value.Length > 2) : joined).ToStream().To("joined");
        using var driver = new TopologyTestDriver(builder.Build(), new()
        {
            Application = new StreamFlowOptions { ApplicationId = "app", CacheMaxBytes = 0 },
        });

        driver.CreateInputTopic("t", Serdes.String, Serdes.String).Pipe("k", "odd", 1L);

        Assert.Equal(deletions, driver.CreateOutputTopic("even", Serdes.String, Serdes.String).ReadAll().Count);
    }
}
