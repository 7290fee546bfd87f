using System.Collections.Concurrent;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Committed state is read by other threads while its own thread writes.</summary>
public class StoreViewTests
{
    private const int Keys = 200;

    [Fact]
    public void Readers_see_whole_commits_in_order_while_the_store_is_written()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<string, long>)harness.Store;
        var view = (KeyValueView<string, long>)store.View(harness.Identity);
        var failures = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(i => new Thread(() => Watch(view, failures, stop.Token))).ToList();
        readers.ForEach(reader => reader.Start());
        for (var round = 1L; round <= 300 && failures.IsEmpty; round++)
        {
            for (var key = 0; key < Keys; key++)
            {
                store.Set(ref store.Find($"{key}"), round, hasValue: true, round, headers: null);
            }

            // Ranges and finds of the writer share nothing with those of the readers.
            Assert.Equal(Keys, store.All().Count(p => p.Value.Value == round));
            harness.Commit();
            view.Position.Set(round, []);
        }

        stop.Cancel();
        readers.ForEach(reader => reader.Join());
        Assert.Empty(failures);
    }

    [Fact]
    public void A_view_shows_nothing_before_the_commit()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<string, long>)harness.Store;
        var view = (KeyValueView<string, long>)store.View(harness.Identity);
        store.Put("a", 1, hasValue: true, 5, headers: null);
        harness.Flush();
        Assert.False(view.TryGet("a", out _));
        Assert.Empty(view.All());
        harness.Commit();
        Assert.True(view.TryGetWithTimestamp("a", out var value));
        Assert.Equal(new ValueAndTimestamp<long>(1, 5), value);
    }

    [Fact]
    public void A_view_of_a_store_that_went_says_so()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true));
        var views = new StoreViews();
        var view = (KeyValueView<string, long>)harness.Store.View(harness.Identity)!;
        views.Add(view);
        harness.Store.Close();
        views.Remove(view);
        harness.Backend.Dispose();

        var error = Assert.Throws<StateStoreException>(() => view.TryGet("a", out _));
        Assert.Contains("'s' of task 0_1 is no longer here", error.Message, StringComparison.Ordinal);
        Assert.Throws<StateStoreException>(() => view.All().Any());
        Assert.Empty(views.Of("s"));
    }

    [Fact]
    public void Registry_lists_views_by_task_and_forgets_each_alone()
    {
        var views = new StoreViews();
        var (second, first) = (View(new TaskId(1, 2)), View(new TaskId(1, 1)));
        views.Add(second);
        views.Add(first);
        Assert.Equal([first, second], views.All("s"));
        Assert.Empty(views.Of("s"));
        second.IsComplete = true;
        Assert.Equal([second], views.Of("s"));
        first.IsComplete = true;
        Assert.Equal([first, second], views.Of("s"));
        views.Remove(first);
        Assert.Equal([second], views.Of("s"));
        Assert.Empty(views.Of("other"));
    }

    [Fact]
    public void Position_is_unknown_before_the_first_commit()
    {
        var position = new StorePosition();
        Assert.Null(position.ChangelogOffset);
        Assert.Empty(position.Inputs);
        var input = new PartitionOffset(new TopicPartition("in", 0), 7);
        position.Set(3, [input]);
        Assert.Equal(3, position.ChangelogOffset);
        Assert.Equal([input], position.Inputs);
    }

    private static KeyValueView<string, long> View(TaskId task) => new(
        new StoreIdentity("s", task, new InMemoryBackend(["s"]).Stores[0]),
        Utf8Serde.Instance,
        new ValueFormat<long>("s", BigEndianSerde.Instance, StoreFormat.Timestamped));

    private static void Watch(KeyValueView<string, long> view, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        var last = 0L;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var position = view.Position.ChangelogOffset ?? 0;
                var rows = view.All().ToList();
                var rounds = rows.Select(r => r.Value.Value).Distinct().ToList();
                var round = rounds.FirstOrDefault();
                if (rounds.Count > 1 || (round > 0 && rows.Count != Keys) || round < Math.Max(last, position))
                {
                    failures.Enqueue($"{rows.Count} rows of rounds {string.Join(',', rounds)} after {last}, position {position}");
                    return;
                }

                last = round;
                view.TryGet("7", out var value);
                if (value < round)
                {
                    failures.Enqueue($"a value of round {value} after {round}");
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            failures.Enqueue(exception.ToString());
        }
    }
}
