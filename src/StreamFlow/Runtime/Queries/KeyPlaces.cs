using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow.Runtime;

/// <summary>Which partition of a store a key belongs to.</summary>
internal static class KeyPlaces
{
    /// <summary>The partition by Kafka's default partitioner; null where nobody knows how the key looks.</summary>
    public static int? Of<TKey>(TKey key, ISerde<TKey>? serde, SubTopology subTopology, int partitions)
    {
        if (serde is null || partitions == 0)
        {
            return null;
        }

        var bytes = new PooledBuffer();
        serde.Serialize(key, bytes);

        // The window of a windowed key takes no part in the choice.
        var suffix = subTopology.Sources.Count == 0 ? 0 : subTopology.Sources.Max(source => source.KeySuffix);
        var written = bytes.Written;
        return written.Length < suffix ? null : Murmur2.Partition(written[..^suffix], partitions);
    }
}
