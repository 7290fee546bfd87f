using System.Collections.Concurrent;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests;

/// <summary>Views of committed state are read by several threads while their task commits, and while it goes.</summary>
public sealed class ConcurrentViewTests : IDisposable
{
    private const int Keys = 100;
    private const int Readers = 3;
    private const int Lives = 4;
    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentQueue<string> _endings = new();
    private int _reads;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Readers_see_whole_commits_in_order_until_the_store_goes(bool closesViewFirst)
    {
        var round = 0L;
        for (var life = 0; life < Lives; life++)
        {
            var backend = Backends.Open(_folder.Path, "s");
            Commit(backend, ++round);
            var view = new KeyValueView<string, long>(
                new StoreIdentity("s", Backends.TaskId, backend.Stores[0]),
                Serdes.String,
                new ValueFormat<long>("s", Serdes.Int64, StoreFormat.Plain));
            var readers = Enumerable.Range(0, Readers).Select(_ => new Thread(() => Watch(view))).ToList();
            readers.ForEach(reader => reader.Start());
            var enough = Volatile.Read(ref _reads) + 10;
            for (var commits = 0; commits < 5 || Volatile.Read(ref _reads) < enough; commits++)
            {
                if (!_failures.IsEmpty)
                {
                    break;
                }

                Commit(backend, ++round);
            }

            if (closesViewFirst)
            {
                view.Close();
            }

            backend.Dispose();
            readers.ForEach(reader => reader.Join());
        }

        Assert.Empty(_failures);
        Assert.Equal(Lives * Readers, _endings.Count);
        Assert.All(_endings, text => Assert.StartsWith("Store 's' of task 0_1 is no longer here", text, StringComparison.Ordinal));
    }

    private static void Commit(IStoreBackend backend, long round)
    {
        var batch = new StoreBatch();
        var value = new PooledBuffer();
        Serdes.Int64.Serialize(round, value);
        for (var key = 0; key < Keys; key++)
        {
            batch.Put(0, Backends.Bytes($"{key:D3}"), value.Written);
        }

        backend.Write(batch);
    }

    /// <summary>Reads until the view says that its store has gone, which is the only way to end.</summary>
    private void Watch(KeyValueView<string, long> view)
    {
        var last = 0L;
        try
        {
            while (_failures.IsEmpty)
            {
                var rows = view.All().ToList();
                var rounds = rows.Select(r => r.Value.Value).Distinct().ToList();
                if (rows.Count != Keys || rounds.Count != 1 || rounds[0] < last)
                {
                    _failures.Enqueue($"{rows.Count} rows of rounds {string.Join(',', rounds)} after {last}");
                    return;
                }

                last = rounds[0];
                if (!view.TryGet("007", out var value) || value < last)
                {
                    _failures.Enqueue($"a value of round {value} after {last}");
                    return;
                }

                Interlocked.Increment(ref _reads);
            }
        }
        catch (StateStoreException exception)
        {
            _endings.Enqueue(exception.Message);
        }
        catch (Exception exception)
        {
            _failures.Enqueue(exception.ToString());
        }
    }
}
