using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>A store of one's own, written against what is public, lives like one of StreamFlow's.</summary>
public class CustomStoreTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Custom_store_is_committed_rolled_back_and_restored(int seed)
    {
        var random = new Random(seed);
        var harness = new StoreHarness(
            () => new TallyBuilder("s").Create(new StoreSetup("s", "app-s-changelog", new SerdeRegistry())));
        var (now, committed) = (new Dictionary<string, long>(), new Dictionary<string, long>());
        for (var step = 0; step < 1_000; step++)
        {
            var name = $"n{random.Next(20)}";
            var store = (Tally)harness.Store;
            Assert.Equal(now.GetValueOrDefault(name), store.Count(name));
            switch (random.Next(20))
            {
                case < 15:
                    store.Add(name, step);
                    now[name] = now.GetValueOrDefault(name) + 1;
                    Assert.True(store.IsDirty);
                    break;
                case < 17:
                    harness.Commit();
                    Assert.False(store.IsDirty);
                    committed = new(now);
                    break;
                case < 18:
                    harness.Rollback();
                    now = new(committed);
                    break;
                case < 19:
                    harness.Reopen();
                    now = new(committed);
                    break;
                default:
                    harness.Restore(recordsPerBatch: 3);
                    now = new(committed);
                    break;
            }
        }
    }

    private sealed class TallyBuilder(string name) : StoreBuilder<Tally>(name)
    {
        protected override Tally Build(StoreSetup setup) => new(Name);
    }

    /// <summary>Counts names.</summary>
    private sealed class Tally(string name) : StateStore(name)
    {
        private readonly Dictionary<string, (long Count, long Timestamp)> _dirty = [];
        private readonly Dictionary<string, long> _staged = [];
        private StateStoreContext? _context;

        public override bool IsDirty => _dirty.Count > 0;

        private StateStoreContext Context => _context ?? throw new InvalidOperationException("not open");

        public override void Open(StateStoreContext context) => _context = context;

        public long Count(string counted)
        {
            if (_dirty.TryGetValue(counted, out var now))
            {
                return now.Count;
            }

            var bytes = new ArrayBufferWriter<byte>();
            return _staged.TryGetValue(counted, out var staged) ? staged
                : Context.Bytes.TryGet(Encoding.UTF8.GetBytes(counted), bytes) ? BinaryPrimitives.ReadInt64BigEndian(bytes.WrittenSpan)
                : 0;
        }

        public void Add(string counted, long timestamp) => _dirty[counted] = (Count(counted) + 1, timestamp);

        public override void Flush()
        {
            var value = new byte[sizeof(long)];
            foreach (var (counted, (count, timestamp)) in _dirty)
            {
                var key = Encoding.UTF8.GetBytes(counted);
                BinaryPrimitives.WriteInt64BigEndian(value, count);
                Context.Batch.Put(Context.Index, key, value);
                Context.Changelog?.Append(key, value, hasValue: true, timestamp, headers: null);
                _staged[counted] = count;
            }

            _dirty.Clear();
        }

        public override void Rollback()
        {
            _dirty.Clear();
            _staged.Clear();
        }

        public override void Committed() => _staged.Clear();

        public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch) =>
            batch.Put(Context.Index, record.Key, record.Value);
    }
}
