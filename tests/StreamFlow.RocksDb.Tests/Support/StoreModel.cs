using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>What a store must hold: a sorted map of byte strings.</summary>
internal sealed class StoreModel
{
    private readonly SortedDictionary<byte[], byte[]> _entries = new(Comparer<byte[]>.Create(Compare));

    public int Count => _entries.Count;

    public static int Compare(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    public byte[]? Get(byte[] key) => _entries.GetValueOrDefault(key);

    public void Put(byte[] key, byte[] value) => _entries[key] = value;

    public void Delete(byte[] key) => _entries.Remove(key);

    public void DeleteRange(byte[] from, byte[] to)
    {
        foreach (var (key, _) in Range(from, to, reverse: false))
        {
            _entries.Remove(key);
        }
    }

    public List<(byte[] Key, byte[] Value)> Range(byte[] from, byte[] to, bool reverse)
    {
        var found = _entries
            .Where(entry => Compare(entry.Key, from) >= 0 && (to.Length == 0 || Compare(entry.Key, to) < 0))
            .Select(entry => (entry.Key, entry.Value))
            .ToList();
        if (reverse)
        {
            found.Reverse();
        }

        return found;
    }

    /// <summary>Compares all of a store with the model, in the direction asked for.</summary>
    public void AssertHeldBy(IByteStore store, byte[] from, byte[] to, bool reverse, string context)
    {
        using var entries = store.Range(from, to, reverse);
        var position = 0;
        foreach (var (key, value) in Range(from, to, reverse))
        {
            Assert.True(entries.MoveNext(), $"{context}: '{store.Name}' ends after {position} entries, reverse {reverse}");
            Assert.True(
                entries.Key.SequenceEqual(key) && entries.Value.SequenceEqual(value),
                $"{context}: '{store.Name}' differs at entry {position}, reverse {reverse}: " +
                $"key {Convert.ToHexString(entries.Key)}, expected {Convert.ToHexString(key)}");
            position++;
        }

        Assert.False(entries.MoveNext(), $"{context}: '{store.Name}' holds more than {position} entries");
    }
}
