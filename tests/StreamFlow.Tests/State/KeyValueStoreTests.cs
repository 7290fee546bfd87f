using System.Text;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class KeyValueStoreTests
{
    private readonly StoreHarness _harness = new(() => NewStore());

    private KeyValueStore<string, long> Store => (KeyValueStore<string, long>)_harness.Store;

    [Fact]
    public void Set_then_find_returns_the_value_before_any_flush()
    {
        Put("a", 1, 10);

        ref var entry = ref Store.Find("a");

        Assert.True(entry.HasValue);
        Assert.Equal(1, entry.Value);
        Assert.Equal(10, entry.Timestamp);
        Assert.Empty(_harness.Dump());
    }

    [Fact]
    public void Commit_writes_timestamp_and_value_and_logs_the_value_alone()
    {
        Put("A", 1, 10);
        _harness.Commit();
        Put("A", 2, 10);
        _harness.Commit();
        Put("B", 1, 7);
        _harness.Commit();
        Put("A", 3, 12);
        _harness.Commit();

        // Recorded from Apache Kafka Streams 4.3.1, a count with the updates x@10, y@5, z@7 (key B), v@12.
        Assert.Equal(
            [
                "key=41 val=0000000000000001 ts=10",
                "key=41 val=0000000000000002 ts=10",
                "key=42 val=0000000000000001 ts=7",
                "key=41 val=0000000000000003 ts=12",
            ],
            _harness.Changelog.Records.Select(r => r.ToString()));
        Assert.Equal("000000000000000c0000000000000003", _harness.Dump()["41"]);
    }

    private static KeyValueStore<string, long> NewStore() =>
        new("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true);

    private void Put(string key, long value, long timestamp)
    {
        ref var entry = ref Store.Find(key);
        Store.Set(ref entry, value, hasValue: true, timestamp, headers: null);
    }
}
