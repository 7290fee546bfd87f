using System.Numerics;

namespace StreamFlow.State;

/// <summary>
/// A Bloom filter of hashes that grows: each layer has four times the room of the one before. The four bits of a hash lie in one
/// word, so that a layer is asked at the cost of one look into memory; a full one takes about one in a hundred for what it has not.
/// </summary>
internal sealed class KeyBloom
{
    private const int FirstWords = 512;
    private const int Growth = 4;

    // 16 bits for each hash.
    private const int HashesPerWord = 4;
    private readonly List<ulong[]> _layers = [];
    private int _free;

    /// <summary>Adds a hash; one that seems to be there already takes no room.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="budget">Where room is taken from.</param>
    /// <returns>False if there is no room left; the filter is of no use then.</returns>
    public bool TryAdd(int hash, CacheBudget budget)
    {
        if (MayHave(hash))
        {
            return true;
        }

        if (_free == 0 && !TryGrow(budget))
        {
            return false;
        }

        _free--;
        var mixed = Mix(hash);
        var layer = _layers[^1];
        layer[WordOf(mixed, layer)] |= BitsOf(mixed);
        return true;
    }

    /// <summary>Whether a hash may have been added; false is certain.</summary>
    public bool MayHave(int hash)
    {
        var mixed = Mix(hash);
        var bits = BitsOf(mixed);
        foreach (var layer in _layers)
        {
            if ((layer[WordOf(mixed, layer)] & bits) == bits)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives its room back.</summary>
    public void Release(CacheBudget budget)
    {
        foreach (var layer in _layers)
        {
            budget.AddFilter(-BytesOf(layer.Length));
        }

        _layers.Clear();
        _free = 0;
    }

    private bool TryGrow(CacheBudget budget)
    {
        var words = _layers.Count == 0 ? FirstWords : _layers[^1].Length * Growth;
        if (budget.FilterBytes + BytesOf(words) > CacheBudget.MaxFilterBytes)
        {
            return false;
        }

        budget.AddFilter(BytesOf(words));
        _layers.Add(new ulong[words]);
        _free = words * HashesPerWord;
        return true;
    }

    private static long BytesOf(int words) => (long)words * sizeof(ulong);

    // The word is chosen by the high half, the bits in it by the low one.
    private static int WordOf(ulong mixed, ulong[] layer) => (int)(mixed >> 32) & (layer.Length - 1);

    private static ulong BitsOf(ulong mixed) =>
        (1UL << (int)(mixed & 63)) | (1UL << (int)((mixed >> 6) & 63)) | (1UL << (int)((mixed >> 12) & 63))
        | (1UL << (int)((mixed >> 18) & 63));

    private static ulong Mix(int hash)
    {
        var mixed = (uint)hash * 0x9E3779B97F4A7C15;
        return BitOperations.RotateLeft(mixed ^ (mixed >> 29), 32) * 0xBF58476D1CE4E5B9;
    }
}
