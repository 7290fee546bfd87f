using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using StreamFlow.Clients;
using StreamFlow.Reactive.Tests.Support;
using StreamFlow.Testing;

namespace StreamFlow.Reactive.Tests;

/// <summary>Streams and tables are observed while applications run.</summary>
public sealed class TapTests
{
    private readonly StreamsBuilder _builder = new();
    private Action? _processed;

    [Fact]
    public async Task A_stream_is_seen_and_goes_on()
    {
        await using var harness = new Harness(("in", 2), ("out", 1));
        var (taps, seen) = (Pass(), new Seen<string>());
        using var subscription = taps.Select(record => $"{record.Key}={record.Value}").Subscribe(seen);
        var application = await harness.StartAsync(_builder);

        harness.Send("in", "a", "1");
        harness.Send("in", "b", "2", partition: 1);

        await Harness.Until(() => seen.Items.Count == 2, "both records");
        Assert.Equal(["a=1", "b=2"], seen.Items.Order());
        await Harness.Until(() => harness.Values("out").Count == 2, "both results");
        await application.StopAsync();
        await Harness.Until(() => seen.IsCompleted, "completion");
    }

    [Fact]
    public async Task An_observer_that_stands_still_holds_nobody_up()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        var taps = Pass(new ObservationOptions { Capacity = 10 });
        using var goOn = new ManualResetEventSlim();
        var (still, quick) = (new Seen<Record<string, string>> { OnItem = _ => goOn.Wait() }, new Seen<Record<string, string>>());
        using var first = taps.Subscribe(still);
        using var second = taps.Subscribe(quick);
        var application = await harness.StartAsync(_builder);
        for (var i = 0; i < 500; i++)
        {
            harness.Send("in", "k", $"{i}");
        }

        await Harness.Until(() => harness.Values("out").Count == 500, "all results");
        Assert.Empty(still.Items);
        await Harness.Until(() => quick.Items.Count > 0 && quick.Items[^1].Value == "499", "the last record at the quick one");
        goOn.Set();
        await Harness.Until(() => still.Items.Count > 0 && still.Items[^1].Value == "499", "the last record at the slow one");

        // Perhaps one that it was at, and those that its queue has room for.
        Assert.InRange(still.Items.Count, 10, 11);
        Assert.Equal(Enumerable.Range(490, 10).Select(i => $"{i}"), still.Items.TakeLast(10).Select(record => record.Value));
        Assert.True(taps.Dropped >= 489, $"{taps.Dropped} have given way.");
        await application.StopAsync();
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, null, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, false, true)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, null, true)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, true, false)]
    public async Task Records_are_seen_at_once_or_when_they_are_committed(ProcessingGuarantee guarantee, bool? committedOnly, bool atOnce)
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        var (taps, seen) = (Pass(new ObservationOptions { CommittedOnly = committedOnly }), new Seen<Record<string, string>>());
        var processed = 0;
        using var subscription = taps.Subscribe(seen);
        _processed = () => processed++;
        var application = await harness.StartAsync(_builder, o =>
        {
            o.ProcessingGuarantee = guarantee;
            o.TransactionTimeout = TimeSpan.FromMinutes(14);
            o.CommitInterval = TimeSpan.FromMinutes(10);
        });

        harness.Send("in", "a", "1");
        await Harness.Until(() => processed == 1, "the record");
        if (atOnce)
        {
            await Harness.Until(() => seen.Items.Count == 1, "the record at the observer");
        }
        else
        {
            Assert.Empty(seen.Items);
        }

        await application.StopAsync();
        await Harness.Until(() => seen.IsCompleted, "completion");
        Assert.Equal("1", Assert.Single(seen.Items).Value);
    }

    [Fact]
    public async Task What_is_taken_back_is_never_seen()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        var (taps, seen) = (Pass(new ObservationOptions { Capacity = 100_000 }), new Seen<Record<string, string>>());
        using var subscription = taps.Subscribe(seen);
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 2, Times = 3 });
        var processed = 0;
        _processed = () => processed++;
        var application = await harness.StartAsync(_builder, o => o.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce);
        for (var i = 0; i < 50; i++)
        {
            harness.Send("in", "k", $"{i}");
            if (i % 10 == 9)
            {
                var expected = i + 1;
                await Harness.Until(() => harness.Values("out").Count == expected, $"{expected} results");
            }
        }

        await application.StopAsync();
        await Harness.Until(() => seen.IsCompleted, "completion");
        Assert.Equal(3, fault.Hits);
        Assert.True(processed > 50, "Nothing was taken back.");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), seen.Items.Select(record => record.Value));
    }

    [Fact]
    public async Task Deletions_of_a_table_are_records_without_a_value()
    {
        await using var harness = new Harness(("rows", 1));
        var (rows, seen) = (_builder.Table<string, string>("rows").AsObservable(), new Seen<string>());
        using var subscription = rows.Select(row => $"{row.Key}={(row.HasValue ? row.Value : "-")}").Subscribe(seen);
        await harness.StartAsync(_builder, o => o.CacheMaxBytes = 0);

        harness.Send("rows", "a", "1");
        harness.Send("rows", "a", "2");
        harness.Send("rows", "a", null);

        await Harness.Until(() => seen.Items.Count == 3, "all updates");
        Assert.Equal(["a=1", "a=2", "a=-"], seen.Items);
    }

    [Fact]
    public async Task Observers_learn_what_ended_the_application_also_those_that_come_later()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        var taps = _builder.Stream<string, string>("in").AsObservable();
        _builder.Stream<string, string>("bad").ForEach((_, _) => Fail());
        harness.Kafka.CreateTopic("bad", 1);
        var (seen, later) = (new Seen<Record<string, string>>(), new Seen<Record<string, string>>());
        using var subscription = taps.Subscribe(seen);
        var application = await harness.StartAsync(_builder, o => o.ThreadFailureHandler = _ => ThreadFailureResponse.ShutdownClient);

        harness.Send("bad", "k", "v");
        var error = await Assert.ThrowsAnyAsync<StreamsException>(() => application.Completion);

        await Harness.Until(() => seen.Error is not null, "the error");
        Assert.Same(error, seen.Error);
        using var lateSubscription = taps.Subscribe(later);
        Assert.Same(error, later.Error);
    }

    [Fact]
    public async Task Who_blocks_a_thread_lets_it_go_when_the_application_stops()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        var taps = Pass(new ObservationOptions { SlowObserver = SlowObserver.Block, Capacity = 2 });
        using var goOn = new ManualResetEventSlim();
        var seen = new Seen<Record<string, string>> { OnItem = _ => goOn.Wait() };
        using var subscription = taps.Subscribe(seen);
        var processed = 0;
        _processed = () => processed++;
        var application = await harness.StartAsync(_builder);
        for (var i = 0; i < 20; i++)
        {
            harness.Send("in", "k", $"{i}");
        }

        // One at the observer, two that wait, one that has no room.
        await Harness.Until(() => processed == 3, "a thread that waits");
        await Task.Delay(100);
        Assert.Equal(3, processed);
        await application.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));

        goOn.Set();
        await Harness.Until(() => seen.IsCompleted, "completion");
        Assert.Equal(["0", "1", "2"], seen.Items.Take(3).Select(record => record.Value));
    }

    [Fact]
    public void A_tap_renames_nothing()
    {
        var without = new StreamsBuilder();
        without.Stream<string, string>("in").GroupBy((_, value) => value).Count();
        var stream = _builder.Stream<string, string>("in");
        _ = stream.AsObservable();
        _ = stream.GroupBy((_, value) => value).Count().AsObservable();

        var (plain, tapped) = (without.Build().Describe(), _builder.Build().Describe());

        Assert.Contains("KSTREAM-SOURCE-0000000000-tap", tapped, StringComparison.Ordinal);
        Assert.Equal(Names(plain), Names(tapped).Where(name => !name.EndsWith("-tap", StringComparison.Ordinal)));
        static IEnumerable<string> Names(string text) => text
            .Split([' ', ',', '\n', '(', ')', '[', ']'], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.StartsWith('K') && char.IsDigit(word.TrimEnd('p', 'a', 't', '-')[^1])).Distinct().Order();
    }

    [Fact]
    public void Virtual_time_drives_what_is_done_with_records()
    {
        var scheduler = new TestScheduler();
        var taps = _builder.Stream<string, string>("in").AsObservable(new ObservationOptions { Scheduler = scheduler });
        var seen = new Seen<int>();
        using var subscription = taps.Buffer(TimeSpan.FromSeconds(1), scheduler).Select(batch => batch.Count).Subscribe(seen);
        using var driver = new TopologyTestDriver(_builder.Build());
        var input = driver.CreateInputTopic("in", Serialization.Serdes.String, Serialization.Serdes.String);

        input.Pipe("a", "1");
        input.Pipe("b", "2");
        scheduler.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        input.Pipe("c", "3");
        scheduler.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal([2, 1], seen.Items);
    }

    private static void Fail() => throw new FormatException("poison");

    /// <summary>A topology that hands records on, and is observed; then counts what was processed.</summary>
    private RecordObservable<string, string> Pass(ObservationOptions? options = null)
    {
        var stream = _builder.Stream<string, string>("in");
        var observable = stream.AsObservable(options);
        stream.Peek((_, _) => _processed?.Invoke()).To("out");
        return observable;
    }
}
