using System.Buffers;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

/// <summary>Native handles: a build of RocksDB with assertions aborts the process when one is left over.</summary>
public sealed class RocksDbLifetimeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dispose_closes_iterators_that_users_left_open()
    {
        var backend = Open(_folder.Path, "a");
        backend.Put(0, "k", "v");
        var started = backend.Stores[0].Range([], []);
        Assert.True(started.MoveNext());
        var fresh = backend.Stores[0].Range([], [], reverse: true);
        backend.Dispose();

        // What was copied stays readable, nothing else does.
        Assert.Equal("v", Text(started.Value));
        Assert.Throws<ObjectDisposedException>(() => started.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => fresh.MoveNext());
        started.Dispose();
        fresh.Dispose();
        using var again = Open(_folder.Path, "a");
        Assert.Equal("v", again.Stores[0].Get("k"));
    }

    [Fact]
    public void Dispose_of_an_iterator_frees_it_at_once_and_may_be_repeated()
    {
        using var backend = (RocksDbBackend)Open(_folder.Path, "a");
        var iterator = backend.Stores[0].Range([], []);
        Assert.Equal(1, backend.OpenIterators);
        iterator.Dispose();
        iterator.Dispose();

        Assert.Equal(0, backend.OpenIterators);
    }

    [Fact]
    public void Use_after_Dispose_throws_and_Dispose_may_be_repeated()
    {
        var backend = Open(_folder.Path, "a");
        var store = backend.Stores[0];
        backend.Dispose();
        backend.Dispose();

        Assert.Throws<ObjectDisposedException>(() => store.Get("k"));
        Assert.Throws<ObjectDisposedException>(() => store.Range([], []));
        Assert.Throws<ObjectDisposedException>(() => store.ApproximateCount);
        Assert.Throws<ObjectDisposedException>(() => backend.Put(0, "k", "v"));
        Assert.Throws<ObjectDisposedException>(backend.Flush);
    }

    [Fact]
    public async Task Dispose_frees_the_folder_while_other_threads_read()
    {
        for (var round = 0; round < 10; round++)
        {
            var backend = Open(_folder.Path, "a");
            for (var i = 0; i < 50; i++)
            {
                backend.Put(0, $"k{i}", "v", offset: i);
            }

            using var reading = new CountdownEvent(3);
            var readers = Enumerable.Range(0, 3)
                .Select(number => Task.Factory.StartNew(
                    () => ReadUntilDisposed(backend.Stores[0], number, reading),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default))
                .ToArray();
            Assert.True(reading.Wait(TimeSpan.FromSeconds(30)), "the readers do not start");
            backend.Dispose();

            // The lock on the folder is free as soon as Dispose returns.
            using (Open(_folder.Path, "a"))
            {
            }

            await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void Collected_backend_and_iterators_free_the_folder()
    {
        OpenAndForget(_folder.Path);
        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using var again = Open(_folder.Path, "a");
        Assert.Equal("v", again.Stores[0].Get("k"));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void OpenAndForget(string folder)
    {
        var backend = Open(folder, "a");
        backend.Put(0, "k", "v");
        Assert.True(backend.Stores[0].Range([], []).MoveNext());
    }

    private static void ReadUntilDisposed(IByteStore store, int number, CountdownEvent reading)
    {
        var value = new ArrayBufferWriter<byte>();
        var signalled = false;
        try
        {
            while (true)
            {
                value.Clear();
                Assert.True(store.TryGet(Bytes("k1"), value));
                using var entries = store.Range([], [], reverse: number == 1);
                var count = 0;
                while (entries.MoveNext())
                {
                    Assert.Equal((byte)'v', entries.Value[0]);
                    count++;
                }

                Assert.Equal(50, count);
                if (!signalled)
                {
                    reading.Signal();
                    signalled = true;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The end the test waits for.
        }
    }
}
