using System.Buffers;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

public sealed class StreamJoinTests
{
    private static readonly ErrorHandler Continue = static (in ErrorContext _) => ErrorResponse.Continue;

    [Fact]
    public void Numbers_meet_and_a_zero_is_not_nothing()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, int>("l").OuterJoin(
            builder.Stream<string, long>("r"), (left, right) => $"{left?.Value}|{right?.Value}", Within(10)).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("l", "k"u8.ToArray(), [0, 0, 0, 0], 1);
        harness.Pipe("r", "k"u8.ToArray(), new byte[8], 2);
        harness.Pipe("l", "j"u8.ToArray(), [0, 0, 0, 5], 3);
        harness.Pipe("r", "i"u8.ToArray(), new byte[8], 100);

        Assert.Equal("k=0|0@2 j=5|@3", harness.Read("out"));
    }

    [Fact]
    public void Joiner_is_given_times_and_the_key()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").LeftJoin(
            builder.Stream<string, string>("r"), (key, left, right) => $"{key}{left}{right?.Value}{right?.Timestamp}", Within(10)).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("r", "k", "x", 5);
        harness.Pipe("l", "k", "a", 3);
        harness.Pipe("l", null, "b", 4);

        Assert.Equal("k=kax5@5 null=b@4", harness.Read("out"));
    }

    [Fact]
    public void Missing_key_that_the_joiner_cannot_be_told_of_is_an_error()
    {
        var builder = new StreamsBuilder();
        builder.Stream<int, string>("l").LeftJoin(
            builder.Stream<int, string>("r"), (key, left, right) => $"{key}{left}{right?.Value}", Within(10)).To("out");
        var harness = new TaskHarness(builder.Build());

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("l", null, "a", 1));

        Assert.Contains("HasKey", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_that_a_failing_joiner_leaves_out_has_met_the_others_all_the_same()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").LeftJoin(
            builder.Stream<string, string>("r"),
            (left, right) => right?.Value == "bad" ? throw new FormatException("bad") : left + right?.Value,
            Within(10)).To("out");
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("l", "k", "a", 1);
        harness.Pipe("l", "k", "b", 2);
        harness.Pipe("r", "k", "bad", 3);
        harness.Pipe("r", "other", "x", 1000);

        Assert.Equal("-", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Joiner_that_fails_for_one_waiting_record_costs_the_result_of_that_one()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").LeftJoin(
            builder.Stream<string, string>("r"),
            (left, right) => left == "bad" ? throw new FormatException("bad") : left + right?.Value,
            Within(10)).To("out");
        var failed = new List<Record<object?, object?>>();
        var harness = new TaskHarness(builder.Build(), (in ErrorContext error) =>
        {
            failed.Add(error.Record!.Value);
            return ErrorResponse.Continue;
        });

        harness.Pipe("l", "k", "a", 1);
        harness.Pipe("l", "k", "bad", 1);
        harness.Pipe("l", "k", "c", 2);
        harness.Pipe("r", "other", "x", 1000);
        harness.Pipe("r", "other", "x", 2000);

        Assert.Equal("k=a@1 k=c@2", harness.Read("out"));
        Assert.Equal(("k", "bad", 1), (failed.Single().Key, failed.Single().Value, failed.Single().Timestamp));
    }

    [Fact]
    public void Key_that_cannot_be_written_is_the_failure_of_its_record()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new PickySerde());
        var mapped = builder.Stream<string, string>("l").Map((k, v) => (new Code(k), v)).Repartition();
        var left = builder.Stream<Code, string>("l2");
        left.OuterJoin(mapped, (l, r) => l?.Value + r?.Value, Within(10)).To("out");
        var harness = new TaskHarness(builder.Build(), Continue);

        harness.Pipe("l2", "refused", "a", 1);
        harness.Pipe("l2", "k", "b", 1);
        harness.Pipe("l", "k", "x", 2);

        Assert.Equal("k=bx@2", harness.Read("out"));
        Assert.Equal(2, harness.DroppedBy(DropReason.Processing));
    }

    /// <summary>Kafka Streams keeps records for size plus grace, in which a record at the very end of a one-sided window is gone already.</summary>
    [Fact]
    public void Records_at_both_ends_of_a_one_sided_window_meet()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").Join(
            builder.Stream<string, string>("r"), (l, r) => l + r, Within(100) with { Before = TimeSpan.Zero }).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("l", "k", "a", 1000);
        harness.Pipe("l", "k", "b", 1100);
        harness.Pipe("r", "k", "x", 1100);

        Assert.Equal("k=ax@1100 k=bx@1100", harness.Read("out"));
    }

    [Fact]
    public void Waiting_records_survive_a_restart_and_are_told_once()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Stream<string, string>("l").LeftJoin(
            builder.Stream<string, string>("r"), (l, r) => l + (r?.Value ?? "-"), Within(10)).To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        var before = new TaskHarness(topology, backends: backends);
        before.Pipe("l", "k", "a", 1);
        before.Pipe("l", "k", "b", 5);

        var after = new TaskHarness(topology, backends: backends);
        after.Pipe("r", "k", "x", 13);
        after.Pipe("r", "other", "y", 16);
        after.Pipe("r", "other", "y", 100);

        Assert.Equal("-", before.Read("out"));
        Assert.Equal("k=a-@1 k=bx@13", after.Read("out"));
    }

    [Fact]
    public void Stores_are_kept_as_told()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").LeftJoin(
            builder.Stream<string, string>("r"), (l, _) => l, JoinWindows.Of(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1)), new()
            {
                StoreName = "s",
                StoreType = StoreType.InMemory,
                TopicConfigs = new Dictionary<string, string> { ["segment.bytes"] = "1000000" },
            }).To("out");

        var stores = builder.Build().Plan.SubTopologies[0].Stores;

        Assert.Equal(["s-this-join-store", "s-outer-other-join-store", "s-left-shared-join-store"], stores.Select(s => s.Name));
        Assert.All(stores, s => Assert.True(s is { IsPersistent: false, IsLogged: true }));
        Assert.All(stores, s => Assert.Equal("1000000", s.ChangelogConfigs["segment.bytes"]));
        Assert.Equal(["delete", "delete", "compact"], stores.Select(s => s.ChangelogConfigs[InternalTopics.CleanupPolicy]));
        Assert.Equal(((2 * 5) + 1) * 60_000 / 2, stores[0].Shape!.SegmentMs);
    }

    [Fact]
    public void Stores_that_are_not_logged_have_no_changelog()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("l").OuterJoin(
            builder.Stream<string, string>("r"), (l, _) => l?.Value, Within(10), new() { LoggingEnabled = false }).To("out");

        Assert.All(builder.Build().Plan.SubTopologies[0].Stores, store => Assert.False(store.IsLogged));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public void Windows_have_no_negative_times(int difference, int grace) =>
        Assert.ThrowsAny<ArgumentException>(() => JoinWindows.Of(TimeSpan.FromMilliseconds(difference), TimeSpan.FromMilliseconds(grace)));

    [Fact]
    public void Window_does_not_end_before_it_begins()
    {
        var windows = Within(5) with { Before = TimeSpan.FromMilliseconds(-5) };

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => windows with { After = TimeSpan.FromMilliseconds(4) });

        Assert.Equal((-5, 5), (windows.Before.TotalMilliseconds, windows.After.TotalMilliseconds));
        Assert.Contains("end before it begins", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Within(1) with { After = TimeSpan.FromMicroseconds(1500) });
    }

    private static JoinWindows Within(int difference) => JoinWindows.Of(TimeSpan.FromMilliseconds(difference), TimeSpan.Zero);

    private sealed record Code(string Text);

    private sealed class PickySerde : ISerde<Code>
    {
        public void Serialize(Code value, IBufferWriter<byte> writer)
        {
            if (value.Text == "refused")
            {
                throw new FormatException("refused");
            }

            Serdes.String.Serialize(value.Text, writer);
        }

        public Code Deserialize(ReadOnlySpan<byte> data) => new(Serdes.String.Deserialize(data));
    }
}
