using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

public sealed class AggregationTests
{
    private static readonly TumblingWindows TenMs =
        TumblingWindows.Of(TimeSpan.FromMilliseconds(10), grace: TimeSpan.Zero);

    [Fact]
    public void Tombstone_of_a_value_type_is_dropped_by_a_windowed_aggregate_but_counted_by_a_windowed_count()
    {
        var builder = new StreamsBuilder();
        var windows = builder.Stream<string, long>("in").GroupByKey().WindowedBy(TenMs);
        windows.Count().ToStream().MapValues(v => $"{v}").To("counts");
        windows.Aggregate(() => 0L, (_, _, _) => throw new InvalidOperationException("must not be called"))
            .ToStream().To("sums");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", null, 1);

        Assert.Equal(1, harness.DroppedBy(DropReason.NullValue));
        Assert.EndsWith("=1@1", harness.Read("counts"), StringComparison.Ordinal);
        Assert.Equal("-", harness.Read("sums"));
    }

    [Fact]
    public void Zero_is_a_result_and_not_a_missing_one()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").GroupByKey().Reduce((a, b) => a + b).ToStream()
            .MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k"u8.ToArray(), new byte[8], 1);
        harness.Pipe("in", "k"u8.ToArray(), new byte[8], 2);

        Assert.Equal("k=0@1 k=0@2", harness.Read("out"));
    }

    /// <summary>With the record cache Kafka Streams tells the time of the record, and without it that of the result.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Late_record_that_deletes_a_result_deletes_it_at_the_time_of_the_result(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Reduce((a, b) => b == "end" ? null : a + b).ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 10);
        harness.Pipe("in", "k", "end", 4);

        Assert.Equal("k=a@10 k=null@10", harness.Read("out"));
    }

    [Fact]
    public void Caching_off_for_a_store_emits_each_update_and_on_the_last_one()
    {
        string Run(bool caching)
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>("in").FlatMapValues(v => v.Split(' ')).GroupByKey()
                .Count(new() { CachingEnabled = caching }).ToStream().MapValues(v => $"{v}").To("out");
            var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);
            harness.Pipe("in", "k", "a b c", 1);
            return harness.Read("out");
        }

        Assert.Equal("k=1@1 k=2@1 k=3@1", Run(caching: false));
        Assert.Equal("k=3@1", Run(caching: true));
    }

    [Fact]
    public void Aggregator_that_throws_leaves_the_result_as_it_was()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Reduce((a, b) => b == "bad" ? throw new InvalidOperationException("bad") : a + b).ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "bad", 2);
        harness.Pipe("in", "k", "c", 3);

        Assert.Equal("k=a@1 k=ac@3", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Late_record_is_dropped_and_counted_as_late()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TenMs).Count().ToStream()
            .Map((k, v) => (k.ToString(), $"{v}")).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "a", "x", 9);
        harness.Pipe("in", "b", "x", 10);
        harness.Pipe("in", "a", "x", 9);

        Assert.Equal("[a@0/10]=1@9 [b@10/20]=1@10", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Late));
    }

    [Fact]
    public void Window_that_was_closed_stays_closed_after_a_restart()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TenMs)
            .Count(new() { Retention = TimeSpan.FromHours(1) }).ToStream()
            .Map((k, v) => (k.ToString(), $"{v}")).To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        var first = new TaskHarness(topology, backends: backends);
        first.Pipe("in", "a", "x", 5);
        first.Pipe("in", "b", "x", 25);

        var second = new TaskHarness(topology, backends: backends);
        second.Pipe("in", "a", "x", 5);
        second.Pipe("in", "b", "x", 26);

        Assert.Equal("[b@20/30]=2@26", second.Read("out"));
        Assert.Equal(1, second.DroppedBy(DropReason.Late));
    }

    [Fact]
    public void Windowed_result_goes_to_the_partition_of_its_key_whatever_the_window()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TenMs).Count().ToStream().To("out");
        var plain = new StreamsBuilder();
        plain.Stream<string, string>("in").To("out");
        var windowed = new TaskHarness(builder.Build(), partitionCount: 50);
        var direct = new TaskHarness(plain.Build(), partitionCount: 50);

        foreach (var key in new[] { "a", "b", "some longer key" })
        {
            direct.Pipe("in", key, "x", 1);
            windowed.Pipe("in", key, "x", 1);
            windowed.Pipe("in", key, "x", 1001);
            var partition = direct.Take("out").Single().Partition;
            Assert.All(windowed.Take("out"), record => Assert.Equal(partition, record.Partition));
        }
    }

    [Fact]
    public void Windowed_stream_can_be_read_back_through_a_repartition_with_its_windows()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TenMs).Count().ToStream()
            .Repartition(new() { Name = "again" }).Map((k, v) => (k.ToString(), $"{v}")).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "a", "x", 25);

        Assert.Equal("[a@20/30]=1@25", harness.Read("out"));
    }

    [Fact]
    public void Retention_below_size_and_grace_is_refused()
    {
        var windows = new StreamsBuilder().Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5)));

        Assert.Throws<ArgumentException>(() => windows.Count(new() { Retention = TimeSpan.FromMilliseconds(14) }));
    }

    [Fact]
    public void Windows_out_of_range_are_refused()
    {
        var (ten, zero) = (TimeSpan.FromMilliseconds(10), TimeSpan.Zero);

        Assert.Throws<ArgumentOutOfRangeException>(() => TumblingWindows.Of(zero, zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => TumblingWindows.Of(ten, -ten));
        Assert.Throws<ArgumentException>(() => TumblingWindows.Of(TimeSpan.FromTicks(15), zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => HoppingWindows.Of(ten, zero, zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => HoppingWindows.Of(ten, ten * 2, zero));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Counting_keys_seen_before_allocates_nothing(bool caching)
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<long, long>("in").GroupByKey();
        group.Count(new() { CachingEnabled = caching }).ToStream().To("counts");
        group.WindowedBy(TumblingWindows.Of(TimeSpan.FromHours(1), TimeSpan.Zero))
            .Count(new() { CachingEnabled = caching }).ToStream().To("windowed");
        var harness = new TaskHarness(builder.Build(), keep: false, cacheBytes: 1_000_000);
        var (key, value) = (new byte[8], new byte[8]);
        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                key[7] = (byte)(i % 100);
                harness.Process("in", key, value, 1000 + i);
            }
        }

        var (allocated, rounds) = SteadyAllocation.Measure(() => Run(10_000));

        Assert.Equal(0, allocated);
        Assert.Equal(caching ? 0 : rounds * 20_000, harness.Producer.Count);
        harness.Commit();
        Assert.Equal(caching ? 400 : (rounds * 20_000) + 200, harness.Producer.Count);
    }
}
