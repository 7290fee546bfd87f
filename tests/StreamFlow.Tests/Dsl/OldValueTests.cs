using System.Buffers;
using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl;

/// <summary>Who is told the value before, and that it is one that was there.</summary>
public sealed class OldValueTests
{
    /// <summary>
    /// Kafka Streams hands the initializer's value down as the old one where the record cache is off, and a filter that it
    /// satisfies deletes a row that never was (Z5).
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void First_update_of_a_key_has_no_old_value(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, string>("in").GroupByKey();
        group.Count().Filter((_, count) => count < 1).ToStream().To("counts");
        group.Aggregate(() => "0", (_, v, all) => all + v).Filter((_, all) => all == "0").ToStream().To("texts");
        group.WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Count()
            .Filter((_, count) => count < 1).ToStream(record => record.Key.Key).To("windows");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal("- - -", $"{harness.Read("counts")} {harness.Read("texts")} {harness.Read("windows")}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Key_that_comes_again_after_its_deletion_has_no_old_value(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => "0", (_, v, all) => v == "del" ? null : all + v)
            .Filter((_, all) => all is "0" or "0a").ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "del", 2);
        harness.Pipe("in", "k", "b", 3);
        harness.Pipe("in", "k", "c", 4);

        Assert.Equal("k=0a@1 k=null@2", harness.Read("out"));
    }

    [Theory]
    [InlineData(false, 0, 2)]
    [InlineData(true, 0, 3)]
    [InlineData(false, 1_000_000, 2)]
    [InlineData(true, 1_000_000, 3)]
    public void Old_values_are_made_only_where_somebody_asks_for_them(bool asked, long cacheBytes, int calls)
    {
        var builder = new StreamsBuilder();
        var called = 0;
        var mapped = builder.Stream<string, string>("in").GroupByKey().Count().MapValues(count =>
        {
            called++;
            return count;
        });
        (asked ? mapped.Filter((_, count) => count < 10) : mapped).ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal(2, harness.Take("out").Count);
        Assert.Equal(calls, called);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Aggregate_that_is_changed_in_place_has_a_true_old_value(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => new Tally(), (_, _, tally) => tally.Add(), new() { ValueSerde = new TallySerde() })
            .Filter((_, tally) => tally.Count < 2).MapValues(tally => $"{tally.Count}").ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);
        harness.Pipe("in", "k", "c", 3);

        Assert.Equal("k=1@1 k=null@2", harness.Read("out"));
    }

    [Fact]
    public void Derived_tables_hand_on_whether_a_change_is_the_latest()
    {
        var end = new Capture();
        var setup = new NodeSetup("filter", null!, new NodeFacts(), () => []);
        var filter = new TableFilterProcessor<string, long>(setup, end, new((_, _) => true, Keep: true), leavesOutNothing: true);
        var table = new TableMapValuesProcessor<string, string, long>("map", null!, filter, (_, v) => v.Length);

        table.Process(new Record<string, Change<string>>("k", new("a", true, "", false, isLatest: false), 1));
        table.Process(new Record<string, Change<string>>("k", new("a", true, "", false), 2));

        Assert.Equal([false, true], end.Latest);
    }

    private sealed class Tally
    {
        public long Count { get; set; }

        public Tally Add()
        {
            Count++;
            return this;
        }
    }

    private sealed class TallySerde : ISerde<Tally>
    {
        public void Serialize(Tally value, IBufferWriter<byte> writer) => Serdes.Int64.Serialize(value.Count, writer);

        public Tally Deserialize(ReadOnlySpan<byte> data) => new() { Count = Serdes.Int64.Deserialize(data) };
    }

    private sealed class Capture() : Processor<string, Change<long>>("capture")
    {
        public List<bool> Latest { get; } = [];

        public override void Process(in Record<string, Change<long>> record) => Latest.Add(record.Value.IsLatest);
    }
}
