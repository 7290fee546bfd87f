using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Stores that outlive applications as files would, and check invariant E at each write: the batch carries the changelog
/// offset of every store in it, the offset is committed, and the store then holds exactly what the committed changelog
/// up to that offset gives. Made for the one store of <see cref="CountingApplication"/>.
/// </summary>
internal sealed class LastingStores(AppHarness harness) : IStoreBackendFactory
{
    private readonly ConcurrentDictionary<string, InMemoryBackend> _backends = new();

    /// <summary>The process that writes now; it may end before or after a write.</summary>
    public CrashingClients? Process { get; set; }

    public ConcurrentQueue<string> Violations { get; } = new();

    public int Writes { get; private set; }

    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
        new Lasting(this, taskId, _backends.GetOrAdd(directory, _ => new InMemoryBackend(storeNames)));

    private void Check(TaskId task, StoreBatch batch, InMemoryBackend backend)
    {
        Writes++;
        var changelog = new TopicPartition(CountingApplication.ChangelogTopic, task.Partition);
        if (!batch.ChangelogOffsets.TryGetValue(0, out var offset))
        {
            Violations.Enqueue($"{task}: a batch of {batch.Count} changes without a changelog offset");
            return;
        }

        if (backend.TryGetChangelogOffset(0, out var before) && offset < before)
        {
            Violations.Enqueue($"{task}: offset {offset} after {before}");
        }

        if (offset > harness.Kafka.Offsets(changelog).LastStable)
        {
            Violations.Enqueue($"{task}: offset {offset} is not committed");
        }
    }

    private void CheckContent(TaskId task, InMemoryBackend backend)
    {
        backend.TryGetChangelogOffset(0, out var offset);
        var expected = harness.Kafka.Read(new TopicPartition(CountingApplication.ChangelogTopic, task.Partition))
            .Where(r => r.Offset < offset)
            .GroupBy(r => Encoding.UTF8.GetString(r.Key!))
            .Select(g => $"{g.Key}={Convert.ToHexString(g.Last().Value.AsSpan()[^8..])}")
            .Order(StringComparer.Ordinal);
        var actual = new List<string>();
        using (var all = backend.Stores[0].Range([], []))
        {
            while (all.MoveNext())
            {
                actual.Add($"{Encoding.UTF8.GetString(all.Key)}={Convert.ToHexString(all.Value[^8..])}");
            }
        }

        var (e, a) = (string.Join(" ", expected), string.Join(" ", actual));
        if (e != a)
        {
            Violations.Enqueue($"{task}: committed up to {offset}: {e}; stored: {a}");
        }
    }

    private sealed class Lasting(LastingStores owner, TaskId task, InMemoryBackend backend) : IStoreBackend
    {
        public bool IsPersistent => true;

        public IReadOnlyList<IByteStore> Stores => backend.Stores;

        public bool TryGetChangelogOffset(int store, out long offset) => backend.TryGetChangelogOffset(store, out offset);

        public void Write(StoreBatch batch)
        {
            owner.Process?.Step();
            owner.Check(task, batch, backend);
            backend.Write(batch);
            owner.CheckContent(task, backend);
            owner.Process?.Step();
        }

        public void Flush() => backend.Flush();

        public void Dispose()
        {
            // The data stays, as files do.
        }
    }
}
