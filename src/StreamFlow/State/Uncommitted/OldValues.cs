using System.Runtime.CompilerServices;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Values as they were before an update, which may change the very object: their bytes are retained when they are found,
/// before anybody can change them, and turned back into a value only when somebody asks. Values of types that cannot be
/// changed in place are their own old values, and nothing is retained.
/// </summary>
internal sealed class OldValues<TValue>(ValueFormat<TValue> format)
{
    /// <summary>Whether values of this type can be changed in place.</summary>
    public static readonly bool Changes =
        RuntimeHelpers.IsReferenceOrContainsReferences<TValue>() && typeof(TValue) != typeof(string);

    private readonly PooledBuffer _found = new();
    private readonly ByteArena _retained = new();
    private bool _hasFound;

    /// <summary>Whether anybody asks for old values. Costs a serialization for each entry that is found first after a flush.</summary>
    public bool AreKept { get; set; }

    /// <summary>Whether a value that was found can be made anew. Costs a serialization for each entry that is found.</summary>
    public bool CanUndo
    {
        get;
        set => field = Changes && value;
    }

    private bool Retains => Changes && AreKept;

    /// <summary>A value was read from the byte store.</summary>
    public void Loaded(bool hasValue, ReadOnlySpan<byte> stored)
    {
        if (!Retains && !CanUndo)
        {
            return;
        }

        _hasFound = hasValue;
        _found.Clear();
        stored.CopyTo(_found.GetSpan(stored.Length));
        _found.Advance(stored.Length);
    }

    /// <summary>An entry was found that the caller may change.</summary>
    public void Found(ref readonly CacheEntry<TValue> entry)
    {
        if (!Retains && !CanUndo)
        {
            return;
        }

        _found.Clear();
        _hasFound = false;
        if (!entry.HasValue)
        {
            return;
        }

        try
        {
            format.Write(entry.Value, entry.Timestamp, entry.Headers, _found);
            _hasFound = true;
        }
        catch (Exception)
        {
            // The flush meets the same error and hands it to the error handler; until then the object stands for itself.
        }
    }

    /// <summary>The value of the entry that was found last, as it was then.</summary>
    public TValue Of(ref readonly CacheEntry<TValue> entry) =>
        Retains && _hasFound ? format.Read(_found.Written, out _, out _) : entry.Value;

    /// <summary>
    /// Makes the value of the entry that was found last anew: whoever was given the object may have changed it, and failed.
    /// </summary>
    public void Undo(ref CacheEntry<TValue> entry)
    {
        if (CanUndo && _hasFound)
        {
            var value = format.Read(_found.Written, out _, out _);
            entry.Set(new StoredValue<TValue>(value, HasValue: true, entry.Timestamp, entry.Headers));
        }
    }

    /// <summary>Keeps the value that was found last until the write is flushed.</summary>
    /// <returns>Bytes that this takes.</returns>
    public int Retain(ref PendingWrite<TValue> write)
    {
        if (!Retains || !_hasFound)
        {
            return 0;
        }

        write.OldPlace = _retained.Append(_found.Written);
        write.OldLength = _found.Length;
        return _found.Length;
    }

    /// <summary>The value at the last flush.</summary>
    public TValue AtFlush(in PendingWrite<TValue> write) =>
        write.OldLength is { } length ? format.Read(_retained.Read(write.OldPlace, length), out _, out _) : write.Old;

    /// <summary>No write is pending.</summary>
    /// <returns>Bytes that were retained.</returns>
    public long Clear()
    {
        var bytes = _retained.Length;
        _hasFound = false;
        _found.Trim();
        _retained.Clear();
        return bytes;
    }
}
