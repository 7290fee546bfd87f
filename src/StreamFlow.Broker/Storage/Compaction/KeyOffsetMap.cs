using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The last offset of every key in a range of the log. Holds whole keys rather than hashes: a collision would
/// delete a record nobody replaced.
/// </summary>
internal sealed class KeyOffsetMap
{
    private const int EntryOverhead = 80;

    private readonly Dictionary<byte[], long> _offsets = new(new KeyComparer());
    private readonly Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public KeyOffsetMap() => _lookup = _offsets.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>An estimate of the memory in use.</summary>
    public long SizeInBytes { get; private set; }

    public void Put(ReadOnlySpan<byte> key, long offset)
    {
        var before = _offsets.Count;
        _lookup[key] = offset;
        if (_offsets.Count != before)
        {
            SizeInBytes += key.Length + EntryOverhead;
        }
    }

    /// <summary>True when a later record of the same key is known.</summary>
    public bool IsSuperseded(ReadOnlySpan<byte> key, long offset) =>
        _lookup.TryGetValue(key, out var last) && last > offset;

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
