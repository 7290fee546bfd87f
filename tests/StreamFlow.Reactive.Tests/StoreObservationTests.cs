using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using StreamFlow.Reactive.Tests.Support;

namespace StreamFlow.Reactive.Tests;

/// <summary>Stores of running applications are observed.</summary>
public sealed class StoreObservationTests
{
    private static readonly long Second = TimeSpan.FromSeconds(1).Ticks;
    private readonly StreamsBuilder _builder = new();
    private readonly TestScheduler _scheduler = new();
    private readonly Seen<string> _seen = new();

    [Fact]
    public async Task All_rows_come_first_then_what_has_changed_at_each_look()
    {
        await using var harness = new Harness(("rows", 2));
        _builder.Table<string, string>("rows", materialized: new() { Name = "rows" });
        var application = harness.Create(_builder);
        using var subscription = Observe(application).Subscribe(_seen);
        _scheduler.AdvanceBy(2 * Second);
        Assert.Empty(_seen.Items);
        await application.StartAsync();
        harness.Send("rows", "a", "1");
        harness.Send("rows", "b", "2", partition: 1);
        await Rows(application, "a=1", "b=2");

        Look();
        Assert.Equal(["a=1", "b=2"], _seen.Items.Order());
        Look();
        Assert.Equal(2, _seen.Items.Count);
        harness.Send("rows", "a", "3");
        harness.Send("rows", "a", "4");
        harness.Send("rows", "b", null, partition: 1);
        await Rows(application, "a=4");
        Assert.Equal(2, _seen.Items.Count);
        Look();

        Assert.Equal(["a=4", "b=-"], _seen.Items.Skip(2).Order());
        await application.StopAsync();
        Look();
        Assert.True(_seen.IsCompleted);
        Assert.Equal(4, _seen.Items.Count);
    }

    [Fact]
    public async Task Who_leaves_is_shown_nothing_more_and_looks_no_more()
    {
        await using var harness = new Harness(("rows", 1));
        _builder.Table<string, string>("rows", materialized: new() { Name = "rows" });
        var application = await harness.StartAsync(_builder);
        var subscription = Observe(application).Subscribe(_seen);
        harness.Send("rows", "a", "1");
        await Rows(application, "a=1");
        Look();

        subscription.Dispose();
        harness.Send("rows", "a", "2");
        await Rows(application, "a=2");
        _scheduler.Start();

        Assert.Equal(["a=1"], _seen.Items);
        Assert.False(_seen.IsCompleted);
    }

    [Fact]
    public async Task A_store_that_is_not_there_or_of_another_kind_is_an_error()
    {
        await using var harness = new Harness(("rows", 1));
        _builder.Table<string, string>("rows", materialized: new() { Name = "rows" });
        var application = await harness.StartAsync(_builder);
        var wrong = new Seen<Record<Windowed<string>, string>>();
        harness.Send("rows", "a", "1");
        await Rows(application, "a=1");

        using var other = application.ObserveWindowStore<string, string>("rows", Options()).Subscribe(wrong);
        using var unknown = application.ObserveStore<string, string>("row", Options()).Select(r => r.Value).Subscribe(_seen);
        Look();

        Assert.Equal(StoreQueryFailure.WrongKind, Assert.IsType<StoreQueryException>(wrong.Error).Failure);
        Assert.Equal(StoreQueryFailure.UnknownStore, Assert.IsType<StoreQueryException>(_seen.Error).Failure);
    }

    [Fact]
    public async Task Windows_come_as_they_grow()
    {
        await using var harness = new Harness(("in", 1));
        _builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100)))
            .Count(new() { Name = "windows" });
        var application = await harness.StartAsync(_builder);
        var windows = application.Stores.Window<string, long>("windows");
        using var subscription = application.ObserveWindowStore<string, long>("windows", Options())
            .Select(row => $"{row.Key.Key}@{row.Key.Window.Start}={row.Value}").Subscribe(_seen);
        harness.Send("in", "a", "x");
        await Harness.Until(() => windows.TryFetch("a", 0, out var count) && count == 1, "one");
        Look();
        harness.Send("in", "a", "x");
        await Harness.Until(() => windows.TryFetch("a", 0, out var count) && count == 2, "two");
        Look();

        Assert.Equal(["a@0=1", "a@0=2"], _seen.Items);
    }

    private static Task Rows(StreamsApplication application, params string[] rows)
    {
        var store = application.Stores.KeyValue<string, string>("rows");
        return Harness.Until(
            () =>
            {
                try
                {
                    return application.State == StreamsState.Running
                        && store.All().Select(row => $"{row.Key}={row.Value.Value}").Order().SequenceEqual(rows);
                }
                catch (StoreQueryException exception) when (exception.IsTransient)
                {
                    return false;
                }
            },
            string.Join(" ", rows));
    }

    private IObservable<string> Observe(StreamsApplication application) => application
        .ObserveStore<string, string>("rows", Options())
        .Select(row => $"{row.Key}={(row.HasValue ? row.Value : "-")}");

    private StoreObservationOptions Options() => new() { Scheduler = _scheduler };

    private void Look() => _scheduler.AdvanceBy(Second);
}
