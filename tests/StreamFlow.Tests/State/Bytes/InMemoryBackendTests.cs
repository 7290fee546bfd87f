using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public sealed class InMemoryBackendTests : IDisposable
{
    private readonly InMemoryBackend _backend = new(["a", "b"]);
    private readonly StoreBatch _batch = new();

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Write_applies_removals_of_ranges_before_other_changes()
    {
        Put("k1", "old");
        Put("k2", "old");
        Write();
        Put("k1", "new");
        _batch.DeleteRange(0, "k"u8, "l"u8);
        Write();

        Assert.Equal("new", Get(0, "k1"));
        Assert.Null(Get(0, "k2"));
    }

    [Fact]
    public void Write_that_fails_leaves_every_store_as_it_was()
    {
        Put("k", "old");
        Write();
        Put("k", "new");
        _batch.Put(7, "no such store"u8, default);
        _batch.SetChangelogOffset(0, 99);

        Assert.ThrowsAny<Exception>(() => _backend.Write(_batch));
        _batch.Clear();
        Assert.Equal("old", Get(0, "k"));

        Put("other", "x");
        Write();
        Assert.Equal("old", Get(0, "k"));
        Assert.False(_backend.TryGetChangelogOffset(0, out _));
    }

    [Fact]
    public void Changelog_offsets_are_kept_per_store()
    {
        Assert.False(_backend.TryGetChangelogOffset(1, out _));
        _batch.SetChangelogOffset(1, 42);
        Write();

        Assert.True(_backend.TryGetChangelogOffset(1, out var offset));
        Assert.Equal(42, offset);
        Assert.False(_backend.TryGetChangelogOffset(0, out _));
    }

    [Fact]
    public void Range_keeps_showing_the_state_it_was_opened_on()
    {
        for (var i = 0; i < 500; i++)
        {
            Put($"k{i:D3}", "old");
        }

        Write();
        using var iterator = _backend.Stores[0].Range(default, default);
        Assert.True(iterator.MoveNext());
        _batch.DeleteRange(0, "k"u8, "l"u8);
        Put("k499", "new");
        Write();

        var count = 1;
        while (iterator.MoveNext())
        {
            Assert.Equal("old", Encoding.UTF8.GetString(iterator.Value));
            count++;
        }

        Assert.Equal(500, count);
        Assert.Equal(1, _backend.Stores[0].ApproximateCount);
    }

    [Fact]
    public void Empty_key_and_empty_value_are_entries()
    {
        _batch.Put(0, default, default);
        Write();

        Assert.Equal("", Get(0, ""));
        Assert.Equal(1, _backend.Stores[0].ApproximateCount);
    }

    [Fact]
    public async Task Readers_on_other_threads_never_see_half_a_batch()
    {
        using var stop = new CancellationTokenSource();
        var reader = Task.Factory.StartNew(
            () =>
            {
                var torn = 0;
                while (!stop.IsCancellationRequested)
                {
                    using var iterator = _backend.Stores[0].Range(default, default);
                    string? first = null;
                    while (iterator.MoveNext())
                    {
                        var value = Encoding.UTF8.GetString(iterator.Value);
                        first ??= value;
                        torn += value == first ? 0 : 1;
                    }
                }

                return torn;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        for (var round = 0; round < 100; round++)
        {
            for (var i = 0; i < 150; i++)
            {
                Put($"k{i * round % 997:D3}", $"{round}");
                Put($"k{i:D3}", $"{round}");
            }

            _batch.DeleteRange(0, default, "z"u8);
            Write();
        }

        await stop.CancelAsync();
        Assert.Equal(0, await reader.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private void Put(string key, string value) =>
        _batch.Put(0, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    private void Write()
    {
        _batch.Sort();
        _backend.Write(_batch);
        _batch.Clear();
    }

    private string? Get(int store, string key)
    {
        var buffer = new PooledBuffer();
        return _backend.Stores[store].TryGet(Encoding.UTF8.GetBytes(key), buffer)
            ? Encoding.UTF8.GetString(buffer.Written)
            : null;
    }
}
