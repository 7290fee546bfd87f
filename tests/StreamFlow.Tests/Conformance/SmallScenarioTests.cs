using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Conformance;

/// <summary>Recorded scenarios that need no runner: what Kafka Streams 4.3.1 printed stands beside what is expected here.</summary>
public sealed class SmallScenarioTests
{
    /// <summary>G06: a negative gap.</summary>
    [Fact]
    public void Negative_session_gap_is_refused() =>
        Assert.ThrowsAny<ArgumentException>(() => SessionWindows.Of(TimeSpan.FromMilliseconds(-1), TimeSpan.Zero));

    /// <summary>C02c: a mapper that returns null. All that a mapper may return here is a value type: a tuple, or a record.</summary>
    [Fact]
    public void C02c_mapper_cannot_return_null()
    {
        var mappers = typeof(KStream<string, string>).GetMethods()
            .Where(method => method.Name == nameof(KStream<,>.Map))
            .Select(method => method.GetParameters()[0].ParameterType.GetGenericArguments()[^1])
            .ToList();

        Assert.NotEmpty(mappers);
        Assert.All(mappers, result => Assert.True(result.IsValueType, $"{result} may be null."));
    }

    /// <summary>C88 init on store: what belongs to the engine is no method of a store, nor of the object behind it.</summary>
    [Fact]
    public void C88_processor_cannot_open_or_close_its_store()
    {
        Type? kind = null;
        using var driver = new TopologyTestDriver(ProcessorScenarios.One(
            (c, _) => kind = c.GetStateStore<IKeyValueStore<string, string>>("st").GetType(),
            stores: new KeyValueStoreBuilder<string, string>("st") { StoreType = StoreType.InMemory }));
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", 1);

        var methods = typeof(IKeyValueStore<string, string>).GetMethods()
            .Concat(typeof(IReadOnlyKeyValueStore<string, string>).GetMethods());
        Assert.Empty(methods.Select(method => method.Name).Intersect(["Init", "Open", "Flush", "Close", "Dispose"]));
        Assert.False(typeof(IDisposable).IsAssignableFrom(kind), $"{kind} can be disposed of.");
    }

    /// <summary>A table that nobody looks up has no store.</summary>
    [Fact]
    public void Unmaterialised_table_is_described_as_recorded()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in").ToStream().To("out");

        Assert.Equal(
            string.Join('\n', Recorded.Blocks("Descriptions.recorded.txt", "== ")["unmaterialised table"]).TrimEnd(),
            builder.Build().Describe().ReplaceLineEndings("\n").TrimEnd());
    }

    /// <summary>
    /// F11: whichever way Kafka Streams is told of its format, the store of an aggregate is one with headers. There is one format
    /// here, without, and nothing to tell.
    /// </summary>
    [Theory]
    [InlineData("F11 where dsl.store.format must be given: TopologyConfig")]
    [InlineData("F11 where dsl.store.format must be given: build(props) only")]
    [InlineData("F11 where dsl.store.format must be given: driver only")]
    public void Aggregate_has_one_format(string scenario)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Aggregate(() => "0", (_, v, a) => a + "+" + v, new() { Name = "a" })
            .ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", 5, Headers.Empty.With("h", scenario));

        Assert.Equal((StateStoreKind.KeyValue, "a"), (driver.StateStores.Single().Kind, driver.StateStores.Single().Name));
        Assert.True(driver.GetKeyValueStore<string, string>("a").TryGetWithTimestamp("k", out var row));
        Assert.Equal(("0+v", 5), (row.Value, row.Timestamp));
        Assert.ThrowsAny<Exception>(() => driver.GetKeyValueStoreWithHeaders<string, string>("a"));
    }

    /// <summary>G10: policies are values.</summary>
    [Fact]
    public void G10_offset_reset_policies_are_equal_by_value_and_one_topic_has_one()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in", new() { OffsetReset = OffsetResetPolicy.Earliest });

        Assert.Throws<TopologyException>(() => builder.Stream<string, string>(
            "in", new() { OffsetReset = OffsetResetPolicy.ByDuration(TimeSpan.FromMilliseconds(5)) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OffsetResetPolicy.ByDuration(TimeSpan.FromMilliseconds(-1)));
        Assert.True(OffsetResetPolicy.Earliest.Equals(OffsetResetPolicy.Earliest));
    }
}
