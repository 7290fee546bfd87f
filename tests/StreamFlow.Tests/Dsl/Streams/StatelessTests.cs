namespace StreamFlow.Tests.Dsl;

public sealed class StatelessTests
{
    [Fact]
    public void Filter_keeps_what_matches_and_FilterNot_the_rest()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Filter((_, v) => v == "a").To("kept");
        stream.FilterNot((_, v) => v == "a").To("rest");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal("k=a@1", harness.Read("kept"));
        Assert.Equal("k=b@2", harness.Read("rest"));
    }

    [Fact]
    public void Chain_of_all_stateless_operators_keeps_timestamp_and_headers()
    {
        var seen = new List<string>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Map((k, v) => (k + "1", v + "1"))
            .MapValues(v => v + "2")
            .MapValues((k, v) => v + k)
            .SelectKey((k, v) => k + "3")
            .FlatMap((k, v) => new[] { (k, v), (k, v + "!") })
            .FlatMapValues(v => new[] { v, v + "?" })
            .FlatMapValues((k, v) => v.EndsWith('?') ? [] : new[] { v })
            .Peek((k, v) => seen.Add(v))
            .Merge(builder.Stream<string, string>("other"))
            .To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "v", 7, Headers.Empty.With("h", "x"));
        harness.Pipe("other", "o", null, 8);

        Assert.Equal("k13=v12k1@7{h=x} k13=v12k1!@7{h=x} o=null@8", harness.Read("out"));
        Assert.Equal(["v12k1", "v12k1!"], seen);
    }

    [Fact]
    public void Operators_over_value_types_do_not_see_tombstones_as_default()
    {
        var seen = new List<long>();
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in")
            .Filter((_, v) => throw new InvalidOperationException("must not be called"))
            .Peek((_, v) => seen.Add(v))
            .MapValues(v => v + 1)
            .To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", null, 1);

        Assert.Equal("k=null@1", harness.Read("out"));
        Assert.Empty(seen);
        Assert.Equal(0, harness.Dropped);
    }

    [Fact]
    public void Nullable_values_reach_the_lambda_as_null()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long?>("in").MapValues(v => v is null ? "none" : "some").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", null, 1);

        Assert.Equal("k=none@1", harness.Read("out"));
    }

    [Fact]
    public void Lambda_that_throws_is_handled_at_its_node_and_not_above()
    {
        var failures = new List<string>();
        ErrorResponse Handle(in ErrorContext error)
        {
            failures.Add($"{error.Stage} {error.Operator}");
            return ErrorResponse.Continue;
        }

        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Peek((_, _) => { })
            .MapValues<string>(v => throw new InvalidOperationException("boom"), "bad")
            .To("out");
        var harness = new TaskHarness(builder.Build(), Handle);

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(["Processing bad"], failures);
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Diamond_is_one_instance_and_gets_each_record_once_per_path()
    {
        var builder = new StreamsBuilder();
        var source = builder.Stream<string, string>("in");
        var left = source.MapValues(v => v + "l");
        var right = source.MapValues(v => v + "r");
        left.Merge(right).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal("k=vl@1 k=vr@1", harness.Read("out"));
    }

    [Fact]
    public void Stream_merged_with_itself_gives_each_record_twice()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Merge(stream).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal("k=v@1 k=v@1", harness.Read("out"));
    }

    [Fact]
    public void Repartition_drops_and_counts_records_without_a_key()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Repartition(new() { Name = "r" }).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", null, "v", 1);
        harness.Pipe("in", "k", "v", 2);

        Assert.Equal("k=v@2", harness.Read("out"));
        Assert.Equal("k=v@2", harness.Read("app-r-repartition"));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullKey));
    }

    [Fact]
    public void Record_through_filter_map_filter_sink_allocates_nothing()
    {
        var builder = new StreamsBuilder();
        builder.Stream<long, long>("in")
            .Filter((_, v) => v > 0)
            .Map((k, v) => (k + 1, v * 2))
            .Filter((k, _) => k > 0)
            .To("out");
        var harness = new TaskHarness(builder.Build(), partitionCount: 6, keep: false);
        var (key, value) = (new byte[8], new byte[8]);
        (key[7], value[7]) = (1, 1);
        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                harness.Pipe("in", key, value, i);
            }
        }

        var (allocated, rounds) = SteadyAllocation.Measure(() => Run(10_000));

        Assert.Equal(rounds * 10_000, harness.Producer.Count);
        Assert.Equal(0, allocated);
    }
}
