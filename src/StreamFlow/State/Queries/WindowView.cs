using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a window store.</summary>
internal sealed class WindowView<TKey, TValue>(
    StoreIdentity store, WindowKeyCodec<TKey> keys, ISerde<TKey> recordKeys, ValueFormat<TValue> values)
    : SegmentedView<WindowKey<TKey>, TKey, TValue>(store, keys, recordKeys, values), IReadOnlyWindowStore<TKey, TValue>
{
    public required long WindowSizeMs { get; init; }

    internal override string Kind => $"a window store of {typeof(TKey)} and {typeof(TValue)}";

    public bool TryFetch(TKey key, long windowStart, [MaybeNullWhen(false)] out TValue value)
    {
        var found = TryFetchWithTimestamp(key, windowStart, out var stored);
        value = stored.Value;
        return found;
    }

    public bool TryFetchWithTimestamp(TKey key, long windowStart, out ValueAndTimestamp<TValue> value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowStart);
        return TryRead(new WindowKey<TKey>(key, windowStart), out value);
    }

    public IEnumerable<KeyValuePair<long, ValueAndTimestamp<TValue>>> Fetch(
        TKey key, long from, long to, bool reverse = false) =>
        ReadKey(key, from, to, reverse)
            .Select(entry => new KeyValuePair<long, ValueAndTimestamp<TValue>>(entry.Key.Start, entry.Value));

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(
        long from, long to, bool reverse = false) => Fetch(KeyRange.All<TKey>(), from, to, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(
        KeyRange<TKey> keys, long from, long to, bool reverse = false) =>
        ReadKeys(keys, from, to, reverse).Select(entry => new KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>(
            new Windowed<TKey>(entry.Key.Key, Window.OfLength(entry.Key.Start, WindowSizeMs)), entry.Value));

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        FetchAll(0, long.MaxValue, reverse);
}
