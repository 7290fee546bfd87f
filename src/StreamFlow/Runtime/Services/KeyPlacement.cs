using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks at keys of one partition: at the first records, then at one in a while, because a producer may be changed. Each key counts
/// once among the last ones that differ.
/// </summary>
/// <param name="topic">What is known of the whole topic.</param>
/// <param name="partition">The partition that is read.</param>
/// <param name="partitionCount">How many there are.</param>
internal sealed class KeyPlacement(TopicPlacement topic, int partition, int partitionCount)
{
    /// <summary>How many records are looked at first.</summary>
    public const int First = 256;

    /// <summary>Of how many records one is looked at then.</summary>
    public const int Every = 64;

    private readonly uint[] _known = new uint[32];
    private int _knownCount;
    private int _looks;
    private int _wait;

    /// <summary>Bytes behind the key proper by which nobody chooses a partition: the window of a windowed key.</summary>
    public int KeySuffix { get; init; }

    /// <summary>Looks at a record if it is its turn.</summary>
    /// <exception cref="TopologyException">The keys of the topic lie elsewhere, and that is to be an error.</exception>
    public void See(in ByteRecord record)
    {
        if (--_wait < 0)
        {
            Look(in record);
        }
    }

    /// <summary>The checksum by which librdkafka's default partitioner goes. Of a key in a while: no table is worth it.</summary>
    public static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var each in data)
        {
            crc ^= each;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }

    private void Look(in ByteRecord record)
    {
        _wait = ++_looks <= First ? 0 : Every - 1;
        _looks = Math.Min(_looks, First);

        // An empty key says nothing: librdkafka's producers take it for none.
        if (!record.HasKey || record.Key.Length <= KeySuffix)
        {
            return;
        }

        var key = record.Key[..^KeySuffix];
        var hash = Murmur2.Hash(key);
        if (_known.AsSpan(0, _knownCount).Contains(hash))
        {
            return;
        }

        _knownCount = _knownCount == _known.Length ? 0 : _knownCount;
        _known[_knownCount++] = hash;
        topic.Add(
            partitionCount,
            isInPlace: Murmur2.Partition(key, partitionCount) == partition,
            isByCrc32: Crc32(key) % (uint)partitionCount == partition);
    }
}
