using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Keys that their serde writes as the same bytes are one key, whatever their type thinks of it.</summary>
public sealed class SerializedKeyTests
{
    // Escaped, since whoever hands text to a test may write half a surrogate pair in another way.
    public static TheoryData<string, string, bool> Same => new()
    {
        { "Key", "kEY", true },
        { @"a\uD800", "a?", false },
        { @"\uDC00a", @"\uD801a", false },
        { @"\uD83D\uDE00", @"\uD83D\uDE00", false },
    };

    [Theory]
    [MemberData(nameof(Same))]
    public void Key_value_store_has_one_entry(string first, string second, bool lowers)
    {
        (first, second) = (Regex.Unescape(first), Regex.Unescape(second));
        var harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Serde(lowers), BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<string, long>)harness.Store;
        store.Put(first, 1, 5);
        store.Put("other", 9, 5);
        harness.Commit();
        var listener = new Listener();
        store.FlushListener = listener;

        Add(store, second);
        Add(store, first);
        Add(store, second);

        Assert.True(store.TryGet(first, out var value));
        Assert.Equal(4, value);
        harness.Commit();
        Assert.Equal([(1L, 4L)], listener.Changes);
        Assert.Equal(3, harness.Changelog.Records.Count);
        Assert.Equal(2, harness.Dump().Count);
    }

    [Theory]
    [MemberData(nameof(Same))]
    public void Window_session_and_versioned_stores_have_one_entry(string first, string second, bool lowers)
    {
        (first, second) = (Regex.Unescape(first), Regex.Unescape(second));
        var windows = new StoreHarness(() => new WindowStore<string, long>(
            "s", Serde(lowers), BigEndianSerde.Instance, timestamped: true, windowSizeMs: 10, retentionMs: 100));
        ((IWindowStore<string, long>)windows.Store).Put(first, 0, 1, 5);
        ((IWindowStore<string, long>)windows.Store).Put(second, 0, 2, 6);
        var sessions = new StoreHarness(() => new SessionStore<string, long>(
            "s", Serde(lowers), BigEndianSerde.Instance, retentionMs: 100));
        ((ISessionStore<string, long>)sessions.Store).Put(new Windowed<string>(first, new Window(1, 2)), 1);
        ((ISessionStore<string, long>)sessions.Store).Put(new Windowed<string>(second, new Window(1, 2)), 2);
        var versions = new StoreHarness(() => new VersionedStore<string, long>(
            "s", Serde(lowers), BigEndianSerde.Instance, historyRetentionMs: 100));
        ((IVersionedKeyValueStore<string, long>)versions.Store).Put(first, 1, 5);
        ((IVersionedKeyValueStore<string, long>)versions.Store).Put(second, 2, 5);
        windows.Commit();
        sessions.Commit();
        versions.Commit();

        Assert.All(new[] { windows, sessions, versions }, harness => Assert.Single(harness.Changelog.Records));
        Assert.Equal([2L], ((IWindowStore<string, long>)windows.Store).Fetch(first, 0, 100).Select(w => w.Value.Value));
        Assert.Equal([2L], ((ISessionStore<string, long>)sessions.Store).Fetch(first).Select(s => s.Value));
        Assert.True(((IVersionedKeyValueStore<string, long>)versions.Store).TryGet(first, out var latest));
        Assert.Equal(2, latest.Value);
    }

    private static void Add(KeyValueStore<string, long> store, string key)
    {
        ref var entry = ref store.Find(key);
        store.Set(ref entry, entry.Value + 1, hasValue: true, 5, headers: null);
    }

    private static ISerde<string> Serde(bool lowers) => lowers ? new LoweringSerde() : Serdes.String;

    private sealed class Listener : FlushListener<string, long>
    {
        public List<(long Old, long New)> Changes { get; } = [];

        public override void Flushed(in string key, in Change<long> change, long timestamp, Headers? headers) =>
            Changes.Add((change.Old, change.New));
    }

    private sealed class LoweringSerde : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer) =>
            Encoding.UTF8.GetBytes(value.ToLowerInvariant(), writer);

        public string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }
}
