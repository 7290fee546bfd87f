using System.Buffers;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class TimeOrderedBufferTests
{
    private static readonly Comparer<(long Time, string Key)> ByTimeAndKey = Comparer<(long Time, string Key)>.Create(
        (a, b) => a.Time.CompareTo(b.Time) is not 0 and var order ? order : string.CompareOrdinal(a.Key, b.Key));

    [Fact]
    public void Changelog_has_the_value_and_its_place_with_time_and_headers_of_the_update()
    {
        var harness = new StoreHarness(Create);
        var headers = new Headers([new Header("h", [9])]);
        var buffer = (TimeOrderedBuffer<string, string>)harness.Store;
        buffer.Put("k", "a", time: 10, timestamp: 5, headers: null);
        buffer.Put("k", "b", time: 20, timestamp: 7, headers);
        harness.Commit();

        var logged = Assert.Single(harness.Changelog.Records);
        Assert.Equal("key=6b val=62000000000000000a ts=7", logged.ToString());
        Assert.Equal(headers, logged.Headers);

        harness.Restore(recordsPerBatch: 1);
        buffer = (TimeOrderedBuffer<string, string>)harness.Store;
        Assert.Equal((1, 10L, 1 + 1 + 8L), (buffer.Count, buffer.OldestTime, buffer.Bytes));
        Assert.False(buffer.TryTakeOldest(9, out _));
        Assert.True(buffer.TryTakeOldest(10, out var update));
        Assert.Equal(("k", "b", 7L), (update.Key, update.Value, update.Timestamp));
        Assert.Equal("h", Assert.Single(update.Headers!).Key);
        harness.Commit();
        Assert.Equal("key=6b val=null ts=7", harness.Changelog.Records[^1].ToString());
        Assert.Equal((0, long.MaxValue, 0L), (buffer.Count, buffer.OldestTime, buffer.Bytes));
    }

    [Fact]
    public void What_came_and_went_between_two_flushes_leaves_a_tombstone_as_in_kafka_streams()
    {
        var harness = new StoreHarness(Create);
        var buffer = (TimeOrderedBuffer<string, string>)harness.Store;
        buffer.Put("k", "a", time: 10, timestamp: 5, headers: null);
        Assert.True(buffer.TryTakeOldest(long.MaxValue, out _));
        harness.Commit();
        Assert.Equal("key=6b val=null ts=5", Assert.Single(harness.Changelog.Records).ToString());
        Assert.Empty(harness.Dump());
    }

    [Fact]
    public void Writes_taken_back_at_the_flush_have_no_place()
    {
        var serde = new FailingSerde();
        var harness = new StoreHarness(
            () => new TimeOrderedBuffer<string, string>("s", Utf8Serde.Instance, serde), unwritable: _ => { });
        var buffer = (TimeOrderedBuffer<string, string>)harness.Store;
        buffer.Put("k", "a", time: 10, timestamp: 5, headers: null);
        harness.Commit();
        buffer.Put("k", "longer", time: 20, timestamp: 6, headers: null);
        buffer.Put("other", "b", time: 1, timestamp: 7, headers: null);
        Assert.Equal((2, 1L), (buffer.Count, buffer.OldestTime));

        serde.Fails = true;
        harness.Commit();

        Assert.Equal((1, 10L, 1 + 1 + 8L), (buffer.Count, buffer.OldestTime, buffer.Bytes));
        Assert.True(buffer.TryTakeOldest(long.MaxValue, out var update));
        Assert.Equal(("k", "a", 5L), (update.Key, update.Value, update.Timestamp));
        Assert.False(buffer.TryTakeOldest(long.MaxValue, out _));
    }

    /// <summary>A task whose stores are restored while they are open, as after a transaction of unknown outcome.</summary>
    [Fact]
    public void Places_are_read_again_when_a_buffer_that_was_in_use_is_restored()
    {
        var harness = new StoreHarness(Create);
        var buffer = (TimeOrderedBuffer<string, string>)harness.Store;
        buffer.Put("k", "a", time: 10, timestamp: 5, headers: null);
        harness.Commit();
        Assert.Equal((1, 10L), (buffer.Count, buffer.OldestTime));

        var logged = harness.Changelog.Records[0];
        var record = new Clients.ByteRecord
        {
            Key = "other"u8,
            HasKey = true,
            Value = logged.Value,
            HasValue = true,
            Timestamp = 6,
            Offset = 1,
        };
        buffer.Restore(in record, headers: null, harness.Batch);
        harness.WriteBatch();
        buffer.Restored();

        Assert.Equal((2, 10L, 2 * 9L + 1 + 5), (buffer.Count, buffer.OldestTime, buffer.Bytes));
    }

    [Theory]
    [InlineData(1, StoreHarness.Unbounded)]
    [InlineData(2, StoreHarness.Unbounded)]
    [InlineData(3, 0)]
    [InlineData(4, 500)]
    public void Buffer_behaves_like_a_sorted_dictionary(int seed, long cacheBytes)
    {
        var random = new Random(seed);
        var harness = new StoreHarness(Create, cacheBytes);
        var model = new StoreModel<Model>(harness, m => new Model(m), new Model());
        var time = 0L;
        for (var step = 0; step < 3_000; step++)
        {
            var buffer = (TimeOrderedBuffer<string, string>)harness.Store;
            var key = random.Next(2) == 0 ? "k" + new string('\0', random.Next(3)) : $"é{random.Next(20)}";
            switch (random.Next(20))
            {
                case < 12:
                    time += random.Next(3);
                    var value = new string('v', random.Next(30));
                    var place = time - random.Next(20);
                    buffer.Put(key, value, place, step, headers: null);
                    model.Now.Put(key, value, place, step);
                    break;
                case < 14:
                    Assert.Equal(
                        model.Now.Find(key), buffer.TryGet(key, out var found) ? (found.Value, found.Timestamp) : default);
                    break;
                case < 18:
                    Drain(buffer, model.Now, time - random.Next(30), random.Next(4));
                    break;
                default:
                    model.Live(random);
                    break;
            }

            buffer = (TimeOrderedBuffer<string, string>)harness.Store;
            Assert.Equal(model.Now.Sizes, (buffer.Count, buffer.Bytes, buffer.OldestTime));
        }
    }

    /// <summary>Takes what is due, a few at most, as a bound of the size does.</summary>
    private static void Drain(TimeOrderedBuffer<string, string> buffer, Model model, long latest, int most)
    {
        for (var i = 0; i < most; i++)
        {
            var expected = model.Take(latest);
            var taken = buffer.TryTakeOldest(latest, out var update);
            Assert.Equal(expected, taken ? (update.Key, update.Value, update.Timestamp) : default);
        }
    }

    private static TimeOrderedBuffer<string, string> Create() => new("s", Utf8Serde.Instance, Utf8Serde.Instance);

    private sealed class FailingSerde : ISerde<string>
    {
        public bool Fails { get; set; }

        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            if (Fails)
            {
                throw new FormatException("not now");
            }

            Utf8Serde.Instance.Serialize(value, writer);
        }

        public string Deserialize(ReadOnlySpan<byte> data) => Utf8Serde.Instance.Deserialize(data);
    }

    private sealed class Model
    {
        private readonly SortedDictionary<(long Time, string Key), (string Value, long Timestamp)> _rows;

        public Model(Model? other = null) => _rows = other is null ? new(ByTimeAndKey) : new(other._rows, ByTimeAndKey);

        public (int Count, long Bytes, long OldestTime) Sizes => (
            _rows.Count,
            _rows.Sum(r => Encoding.UTF8.GetByteCount(r.Key.Key) + r.Value.Value.Length + 8L),
            _rows.Count == 0 ? long.MaxValue : _rows.First().Key.Time);

        public void Put(string key, string value, long time, long timestamp)
        {
            var place = _rows.Keys.Where(p => p.Key == key).DefaultIfEmpty((time, key)).First();
            _rows[place] = (value, timestamp);
        }

        public (string, long) Find(string key) => _rows.Where(r => r.Key.Key == key).Select(r => r.Value).FirstOrDefault();

        public (string, string, long) Take(long latest)
        {
            var oldest = _rows.FirstOrDefault();
            if (_rows.Count == 0 || oldest.Key.Time > latest)
            {
                return default;
            }

            _rows.Remove(oldest.Key);
            return (oldest.Key.Key, oldest.Value.Value, oldest.Value.Timestamp);
        }
    }
}
