using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Serialization;

public sealed class SerdeRegistryTests
{
    [Fact]
    public void Built_in_types_have_serdes_nullable_or_not()
    {
        var registry = new SerdeRegistry();

        Assert.True(registry.TryGet<string>(out _));
        Assert.True(registry.TryGet<byte[]>(out _));
        Assert.True(registry.TryGet<long>(out _));
        Assert.True(registry.TryGet<long?>(out _));
        Assert.True(registry.TryGet<Guid?>(out _));
        Assert.False(registry.TryGet<DateTime>(out _));
    }

    [Fact]
    public void Added_serde_replaces_the_one_before()
    {
        var registry = new SerdeRegistry();
        var serde = new JsonSerde<string>();

        registry.Add(serde);

        Assert.True(registry.TryGet<string>(out var found));
        Assert.Same(serde, found);
    }

    [Fact]
    public void Missing_serde_fails_the_build_with_operator_type_and_remedy_and_may_be_added_then()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, DateTime>("in").To("out");

        var error = Assert.Throws<TopologyException>(builder.Build);
        builder.Serdes.Add(new Ticks());

        Assert.Contains("System.DateTime", error.Message, StringComparison.Ordinal);
        Assert.Contains("the values of KSTREAM-SOURCE-0000000000", error.Message, StringComparison.Ordinal);
        Assert.Contains("builder.Serdes.Add", error.Message, StringComparison.Ordinal);
        Assert.NotNull(builder.Build());
    }

    [Fact]
    public void Missing_serde_of_a_store_names_the_store()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => default(DateTime), (_, _, a) => a, new() { Name = "times" });

        var error = Assert.Throws<TopologyException>(builder.Build);

        Assert.Contains("the values of store times", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Serdes_are_fixed_once_the_topology_is_built()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        builder.Build();

        Assert.Throws<InvalidOperationException>(() => builder.Serdes.Add(new Ticks()));
    }

    [Fact]
    public void Serde_given_at_the_source_serves_the_sink_behind_a_filter_and_a_merge()
    {
        var serde = new Ticks();
        var builder = new StreamsBuilder();
        var a = builder.Stream<string, DateTime>("a", new() { ValueSerde = serde });
        var b = builder.Stream<string, DateTime>("b", new() { ValueSerde = serde });
        a.Filter((_, _) => true).Merge(b).SelectKey((k, _) => k).Repartition().To("out");

        Assert.NotNull(builder.Build());
    }

    private sealed class Ticks : ISerde<DateTime>
    {
        public void Serialize(DateTime value, IBufferWriter<byte> writer) =>
            Serdes.Int64.Serialize(value.Ticks, writer);

        public DateTime Deserialize(ReadOnlySpan<byte> data) => new(Serdes.Int64.Deserialize(data), DateTimeKind.Utc);
    }
}
