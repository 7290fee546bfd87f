using System.Numerics;
using System.Runtime.CompilerServices;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// What a value counts for before it is serialized at the flush. Text and bytes count by their length. Of what may grow in
/// place the second, fourth, eighth ... write of an entry is measured, so that one that grows step by step is never more
/// than twice what it counts for; of first writes one in eight is measured, the others count as much as before or as the
/// running average, whichever is more.
/// </summary>
internal sealed class ValueSizes<TValue>(ValueFormat<TValue> format)
{
    private const int FirstGuess = 32;
    private const int Sampled = 8;
    private const int AverageOver = 8;
    private readonly PooledBuffer _buffer = new();
    private long _average = FirstGuess;
    private int _first;

    /// <summary>Bytes that the value of an entry counts for from now on.</summary>
    /// <param name="entry">The entry, written.</param>
    /// <param name="writes">How often it was written since the last flush.</param>
    /// <param name="before">Bytes it counted for before.</param>
    public long Of(ref readonly CacheEntry<TValue> entry, int writes, long before)
    {
        if (!entry.HasValue)
        {
            return 0;
        }

        if (typeof(TValue) == typeof(string))
        {
            return ((string)(object)entry.Value!).Length;
        }

        if (typeof(TValue) == typeof(byte[]))
        {
            return ((byte[])(object)entry.Value!).Length;
        }

        var measured = RuntimeHelpers.IsReferenceOrContainsReferences<TValue>()
            && (writes == 1 ? _first++ % Sampled == 0 : BitOperations.IsPow2(writes));
        return measured ? Measure(in entry) : writes == 1 ? Math.Max(before, _average) : before;
    }

    /// <summary>A value was serialized.</summary>
    public void Learn(int bytes) => _average += (bytes - _average) / AverageOver;

    /// <summary>Gives memory back.</summary>
    public void Trim() => _buffer.Trim();

    private long Measure(ref readonly CacheEntry<TValue> entry)
    {
        _buffer.Clear();
        try
        {
            format.Write(entry.Value, entry.Timestamp, entry.Headers, _buffer);
        }
        catch (Exception)
        {
            // The flush meets the same error and hands it to the error handler.
            return _average;
        }

        Learn(_buffer.Length);
        return _buffer.Length;
    }
}
