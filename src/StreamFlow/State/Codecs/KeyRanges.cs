using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Ranges of keys as ranges of bytes.</summary>
internal static class KeyRanges
{
    /// <summary>
    /// Writes where a range begins and ends in a store whose keys are the bytes of its records' keys; the end is left out, and
    /// empty where there is none.
    /// </summary>
    public static void Write<TKey>(in KeyRange<TKey> keys, ISerde<TKey> serde, PooledBuffer from, PooledBuffer to)
    {
        from.Clear();
        if (keys.HasFirst)
        {
            serde.Serialize(keys.First!, from);
        }

        to.Clear();
        if (keys.HasLast)
        {
            serde.Serialize(keys.Last!, to);
            ByteRanges.MakeNext(to);
        }
    }
}
