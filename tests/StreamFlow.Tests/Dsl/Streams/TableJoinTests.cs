using System.Globalization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

public sealed class TableJoinTests
{
    [Fact]
    public void Record_meets_the_row_its_key_has_when_it_is_processed()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s").Join(builder.Table<string, string>("t"), (v, row) => v + row).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("s", "k", "a", 1);
        harness.Pipe("t", "k", "1", 2);
        harness.Pipe("s", "k", "b", 3);
        harness.Pipe("t", "k", "2", 4);
        harness.Pipe("s", "k", "c", 1);
        harness.Pipe("s", "other", "d", 5);

        Assert.Equal("k=b1@3 k=c2@1", harness.Read("out"));
        Assert.Equal(0, harness.Dropped);
    }

    [Fact]
    public void Row_that_was_deleted_is_not_met_and_a_zero_is()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s").Join(builder.Table<string, long>("t"), (k, v, row) => $"{k}{v}{row}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("t", "k"u8.ToArray(), new byte[8], 1);
        harness.Pipe("s", "k", "a", 2);
        harness.Pipe("t", "k"u8.ToArray(), null, 3);
        harness.Pipe("s", "k", "b", 4);

        Assert.Equal("k=ka0@2", harness.Read("out"));
    }

    [Fact]
    public void Records_without_key_or_value_are_dropped_and_counted_by_table_and_join()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s").Join(builder.Table<string, string>("t"), (v, row) => v + row).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("t", null, "1", 1);
        harness.Pipe("s", null, "a", 2);
        harness.Pipe("s", "k", null, 3);

        Assert.Equal("-", harness.Read("out"));
        Assert.Equal(2, harness.DroppedBy(DropReason.NullKey));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullValue));
    }

    [Fact]
    public void Rekeyed_stream_meets_the_rows_through_a_repartition_topic()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s").SelectKey((_, v) => v)
            .Join(builder.Table<string, string>("t"), (v, row) => v + row).To("out");
        var topology = builder.Build();
        var harness = new TaskHarness(topology);

        harness.Pipe("t", "a", "1", 1);
        harness.Pipe("s", "k", "a", 2);

        Assert.Equal("a=a1@2", harness.Read("out"));
        Assert.Contains("app-KSTREAM-KEY-SELECT-0000000001-repartition", harness.Topics);
        var joined = topology.Plan.SubTopologies[1];
        var topics = Assert.Single(joined.CopartitionGroups).Topics;
        Assert.Equal(["KSTREAM-KEY-SELECT-0000000001-repartition", "t"], topics);
    }

    [Fact]
    public void Count_is_joined_through_its_store_in_one_sub_topology()
    {
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" });
        builder.Stream<string, string>("s").Join(counts, (v, count) => $"{v}{count}").To("out");
        var topology = builder.Build();
        var harness = new TaskHarness(topology, cacheBytes: 1_000_000);

        harness.Pipe("in", "k", "x", 1);
        harness.Process("in", "k"u8.ToArray(), "y"u8.ToArray(), 2);
        harness.Pipe("s", "k", "a", 3);

        Assert.Equal("k=a2@3", harness.Read("out"));
        var sub = Assert.Single(topology.Plan.SubTopologies);
        Assert.Equal(["in", "s"], Assert.Single(sub.CopartitionGroups).Topics);
        Assert.Equal(["counts"], sub.Stores.Select(store => store.Name));
    }

    [Fact]
    public void Windowed_count_is_joined_by_key_and_window()
    {
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).Count();
        counts.ToStream().Join(counts, (seen, now) => $"{seen} {now}").Map((k, v) => (k.ToString(), v)).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "x", 5);
        harness.Pipe("in", "k", "x", 15);
        harness.Pipe("in", "k", "x", 16);

        Assert.Equal("[k@0/10]=1 1@5 [k@10/20]=1 1@15 [k@10/20]=2 2@16", harness.Read("out"));
    }

    [Fact]
    public void Table_derived_by_filter_and_map_is_joined_through_the_store_of_its_source()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("t").Filter((_, v) => v != "no").MapValues((k, v) => v == "none" ? null! : k + v);
        builder.Stream<string, string>("s").Join(table, (v, row) => v + row).To("out");
        var harness = new TaskHarness(builder.Build());

        foreach (var row in new[] { "1", "no", "none", "2" })
        {
            harness.Pipe("t", "k", row, 1);
            harness.Pipe("s", "k", "a", 2);
        }

        Assert.Equal("k=ak1@2 k=ak2@2", harness.Read("out"));
    }

    [Fact]
    public void Joiner_that_throws_costs_its_record_only()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s")
            .Join(builder.Table<string, string>("t"), (v, row) => v == "bad" ? throw new FormatException("bad") : v + row)
            .To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("t", "k", "1", 1);
        harness.Pipe("s", "k", "bad", 2);
        harness.Pipe("s", "k", "a", 3);

        Assert.Equal("k=a1@3", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Rows_outlive_a_restart()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("s").Join(builder.Table<string, string>("t"), (v, row) => v + row).To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        new TaskHarness(topology, backends: backends).Pipe("t", "k", "1", 1);

        var second = new TaskHarness(topology, backends: backends);
        second.Pipe("s", "k", "a", 2);

        Assert.Equal("k=a1@2", second.Read("out"));
    }

    [Fact]
    public void Left_join_gives_the_joiner_null_where_a_table_of_numbers_has_no_row()
    {
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, string>("in").GroupByKey().Count();
        var stream = builder.Stream<string, string>("s");
        stream.LeftJoin(counts, (v, count) => $"{v}{count?.Value.ToString(CultureInfo.InvariantCulture) ?? "none"}").To("out");
        stream.LeftJoin(counts, (k, v, count) => $"{k}{v}{count?.Value + 1}").To("keyed");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("s", "k", "a", 1);
        harness.Pipe("in", "k", "x", 2);
        harness.Pipe("s", "k", "b", 3);
        harness.Pipe("s", null, "c", 4);

        Assert.Equal("k=anone@1 k=b1@3 null=cnone@4", harness.Read("out"));
        Assert.Equal("k=ka@1 k=kb2@3 null=c@4", harness.Read("keyed"));
    }

    [Fact]
    public void Left_join_with_a_table_of_nullables_or_of_texts_gives_null_too()
    {
        var builder = new StreamsBuilder();
        var texts = builder.Table<string, string>("t");
        var numbers = texts.MapValues(v => v == "none" ? (int?)null : v.Length);
        var stream = builder.Stream<string, string>("s");
        stream.LeftJoin(numbers, (v, length) => $"{v}{length?.Value ?? -1}")
            .LeftJoin(texts, (k, v, text) => $"{k}{v}{text?.Value ?? "-"}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("s", "k", "a", 1);
        harness.Pipe("t", "k", "none", 2);
        harness.Pipe("s", "k", "b", 3);
        harness.Pipe("t", "k", "four", 4);
        harness.Pipe("s", "k", "c", 5);

        Assert.Equal("k=ka-1-@1 k=kb-1none@3 k=kc4four@5", harness.Read("out"));
    }

    [Fact]
    public void Left_join_refuses_a_record_without_a_key_only_where_its_joiner_would_take_zero_for_it()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<long, string>("t");
        var stream = builder.Stream<long, string>("s").Repartition(new() { Name = "r" });
        stream.LeftJoin(table, (v, row) => $"{v}{row?.Value ?? "-"}").To("out");
        stream.LeftJoin(table, (k, v, row) => $"{k}{v}{row?.Value ?? "-"}").To("keyed");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("s", null, "a", 1);

        Assert.Equal("null=a-@1", harness.Read("out"));
        Assert.Equal("-", harness.Read("keyed"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
        Assert.Equal(1, harness.Dropped);
    }

    [Fact]
    public void Left_join_drops_a_record_without_a_value_and_an_inner_one_makes_a_tombstone_of_null()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("t");
        var stream = builder.Stream<string, string>("s");
        stream.LeftJoin(table, (v, _) => v).To("left");
        stream.Join(table, (_, _) => (string)null!).To("inner");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("t", "k", "1", 1);
        harness.Pipe("s", "k", null, 2);
        harness.Pipe("s", "k", "a", 3);

        Assert.Equal("k=a@3", harness.Read("left"));
        Assert.Equal("k=null@3", harness.Read("inner"));
        Assert.Equal(2, harness.DroppedBy(DropReason.NullValue));
    }

    [Fact]
    public void Joining_keys_seen_before_allocates_nothing()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<long, long>("t");
        var stream = builder.Stream<long, long>("s");
        stream.Join(table, (v, row) => v + row).To("inner");
        stream.LeftJoin(table, (v, row) => v + (row?.Value ?? 0)).To("left");
        var harness = new TaskHarness(builder.Build(), keep: false, cacheBytes: 1_000_000);
        var (key, value) = (new byte[8], new byte[8]);
        void Run(string topic, int count)
        {
            for (var i = 0; i < count; i++)
            {
                key[7] = (byte)(i % 100);
                harness.Process(topic, key, value, 1000 + i);
            }
        }

        Run("t", 50);
        Run("s", 2000);
        Run("t", 2000);
        var (allocated, rounds) = SteadyAllocation.Measure(() =>
        {
            Run("s", 10_000);
            Run("t", 10_000);
        });

        Assert.Equal(0, allocated);
        Assert.Equal(1000 + 2000 + (rounds * 20_000), harness.Producer.Count);
    }

    [Fact]
    public void Table_of_another_builder_is_refused()
    {
        var table = new StreamsBuilder().Table<string, string>("t");
        var stream = new StreamsBuilder().Stream<string, string>("s");

        Assert.Throws<TopologyException>(() => stream.Join(table, (v, row) => v + row));
    }
}
