using System.Buffers.Binary;
using System.Collections.Concurrent;
using StreamFlow.Clients;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>One store between the restore thread, which is the test's, and the writer's thread.</summary>
public sealed class RestoringStoreTests : IDisposable
{
    private const int BatchBytes = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly GatedBackend _backend = new();
    private readonly RestoreWriter _writer = new("writer");

    public void Dispose()
    {
        _backend.Gate.Set();
        _writer.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void Batches_are_written_in_order_each_with_the_offset_it_ends_at()
    {
        var store = Located(records: 5000, out var reader);

        Restore(store, reader);

        Assert.Equal(5000, store.Applied);
        Assert.InRange(_backend.Writes.Count, 10, 5000);
        Assert.All(_backend.Writes, write => Assert.Equal(write.Offset, write.Records));
        Assert.Equal(_backend.Writes.OrderBy(w => w.Offset), _backend.Writes);
        Assert.Equal(5000, _backend.Writes.Last().Offset);
    }

    [Fact]
    public void A_store_is_done_only_when_its_last_batch_is_written()
    {
        _backend.Gate.Reset();
        var store = Located(records: 3, out var reader);

        Until(() => !store.Apply(reader, BatchBytes, _writer) && !store.IsReadable);
        Assert.True(store.IsWriteDue);
        Assert.False(store.IsDone);

        _backend.Gate.Set();
        Until(() => store.IsDone);
        Assert.Equal(3, _backend.Writes.Single().Offset);
    }

    [Fact]
    public void While_a_write_is_under_way_no_more_than_one_batch_is_read_ahead()
    {
        _backend.Gate.Reset();
        var store = Located(records: 5000, out var reader);

        Until(() => !store.Apply(reader, BatchBytes, _writer) && store.IsWriteDue);
        var position = store.Position;
        Assert.False(store.Apply(reader, BatchBytes, _writer));
        Assert.Equal(position, store.Position);

        _backend.Gate.Set();
        Restore(store, reader);
        Assert.Equal(5000, _backend.Writes.Last().Records);
    }

    [Fact]
    public void A_failed_write_is_met_at_the_next_turn_and_the_store_is_never_done()
    {
        _backend.Failure = new TaskCorruptedException(new TaskId(0, 0), "damaged");
        var store = Located(records: 3, out var reader);

        var error = Assert.Throws<TaskCorruptedException>(() => Restore(store, reader));

        Assert.Equal("damaged [SF0904]", error.Message);
        Assert.False(store.IsDone);
        Assert.Empty(_backend.Writes);
    }

    [Fact]
    public void Abandon_waits_for_the_write_under_way_and_lets_no_other_follow()
    {
        _backend.Gate.Reset();
        var store = Located(records: 5000, out var reader);
        Until(() => !store.Apply(reader, BatchBytes, _writer) && store.IsWriteDue);
        Until(() => _backend.IsWriting);

        var abandoned = new Thread(store.Abandon);
        abandoned.Start();
        Assert.False(abandoned.Join(TimeSpan.FromMilliseconds(50)));
        _backend.Gate.Set();
        Assert.True(abandoned.Join(Patience));

        Assert.False(store.Apply(reader, BatchBytes, _writer));
        Assert.Single(_backend.Writes);
    }

    [Fact]
    public void A_store_that_is_complete_already_is_done_without_a_write()
    {
        _backend.Offset = 7;
        var store = new RestoringStore(null!, Store());

        Assert.True(store.Locate(0, 7));

        Assert.True(store.IsDone);
        Assert.Empty(_backend.Writes);
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    private void Restore(RestoringStore store, PartitionReader reader) =>
        Until(() =>
        {
            store.Apply(reader, BatchBytes, _writer);
            return store.IsDone;
        });

    private RestoringStore Located(int records, out PartitionReader reader)
    {
        var store = new RestoringStore(null!, Store());
        Assert.True(store.Locate(0, records));
        reader = new CountingReader(records);
        return store;
    }

    private TaskStore Store()
    {
        var slot = new BackendSlot(_backend, ["s"]);
        var store = new KeyValueStore<byte[], byte[]>("s", Serdes.Bytes, Serdes.Bytes, timestamped: false);
        store.Open(new StateStoreContext
        {
            Bytes = _backend.Stores[0],
            Index = 0,
            Batch = slot.Batch,
            Budget = new CacheBudget(1 << 20, 1 << 20),
            Dropped = _ => { },
        });
        return new TaskStore(store, 0, slot, new TaskChangelog(null!, "s", new TopicPartition("changelog", 0)));
    }

    private readonly record struct Written(long Offset, long Records);

    /// <summary>Notes each write, after waiting at a gate; a record is one key, so the store's count tells what is in it.</summary>
    private sealed class GatedBackend : IStoreBackend
    {
        private readonly InMemoryBackend _inner = new(["s"]);
        private volatile bool _isWriting;

        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public ConcurrentQueue<Written> Writes { get; } = new();

        public Exception? Failure { get; set; }

        public long? Offset { get; set; }

        public bool IsWriting => _isWriting;

        public bool IsPersistent => true;

        public IReadOnlyList<IByteStore> Stores => _inner.Stores;

        public bool TryGetChangelogOffset(int store, out long offset)
        {
            offset = Offset.GetValueOrDefault();
            return Offset.HasValue || _inner.TryGetChangelogOffset(store, out offset);
        }

        public void Write(StoreBatch batch)
        {
            _isWriting = true;
            Gate.Wait();
            if (Failure is { } failure)
            {
                throw failure;
            }

            _inner.Write(batch);
            Writes.Enqueue(new Written(batch.ChangelogOffsets[0], Stores[0].ApproximateCount));
        }

        public void Flush() => _inner.Flush();

        public void Dispose()
        {
            _inner.Dispose();
            Gate.Dispose();
        }
    }

    /// <summary>A partition of so many records, each with its offset as key, ten at a time.</summary>
    private sealed class CountingReader(int records) : PartitionReader
    {
        private int _next;

        public override TopicPartition Partition => new("changelog", 0);

        public override long Position => _next;

        public override bool AtEnd => _next == records;

        public override RecordBatch Next()
        {
            var batch = new CountingBatch(_next, Math.Min(10, records - _next));
            _next += batch.Count;
            return batch;
        }
    }

    private sealed class CountingBatch(int first, int count) : RecordBatch
    {
        private readonly byte[] _key = new byte[sizeof(int)];

        public override int Count => count;

        public override ByteRecord Read(int index)
        {
            // Against the order of keys, so that it is the sort that makes a batch fit.
            BinaryPrimitives.WriteInt32BigEndian(_key, int.MaxValue - first - index);
            return new ByteRecord { Key = _key, HasKey = true, Value = new byte[20], HasValue = true, Offset = first + index };
        }

        public override long Timestamp(int index) => 0;

        public override Headers? ReadHeaders(int index) => null;
    }
}
