using System.Buffers;
using System.Buffers.Binary;

namespace StreamFlow.Serialization;

/// <summary>
/// Serde of a key with a window behind it. Records of one key must meet in one partition whatever their window, so
/// partitioning leaves <see cref="SuffixLength"/> bytes out.
/// </summary>
internal abstract class WindowKeySerde<TWindowed> : ISerde<TWindowed>
{
    /// <summary>Bytes after the key that belong to the window.</summary>
    public abstract int SuffixLength { get; }

    public abstract void Serialize(TWindowed value, IBufferWriter<byte> writer);

    public abstract TWindowed Deserialize(ReadOnlySpan<byte> data);

    public abstract ISerde<TWindowed> For(SerdeContext context);
}

internal sealed class TimeWindowedSerde<TKey> : WindowKeySerde<Windowed<TKey>>
{
    private readonly ISerde<TKey> _key;
    private readonly Func<long, Window> _windowAt;

    /// <param name="key">Serde of the key.</param>
    /// <param name="windowAt">The window that starts at a time; the end is not in the bytes.</param>
    public TimeWindowedSerde(ISerde<TKey> key, Func<long, Window> windowAt)
    {
        _key = key;
        _windowAt = windowAt;
    }

    public override int SuffixLength => sizeof(long);

    public override void Serialize(Windowed<TKey> value, IBufferWriter<byte> writer)
    {
        if (!Missing.Is(value.Key))
        {
            _key.Serialize(value.Key, writer);
        }

        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), value.Window.Start);
        writer.Advance(sizeof(long));
    }

    public override Windowed<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(long))
        {
            throw new FormatException(
                $"A windowed key takes at least 8 bytes; got {data.Length}. Check the serde of the topic's keys.");
        }

        var start = BinaryPrimitives.ReadInt64BigEndian(data[^sizeof(long)..]);
        return new Windowed<TKey>(_key.Deserialize(data[..^sizeof(long)]), _windowAt(start));
    }

    public override ISerde<Windowed<TKey>> For(SerdeContext context)
    {
        var key = _key.For(context);
        return ReferenceEquals(key, _key) ? this : new TimeWindowedSerde<TKey>(key, _windowAt);
    }
}

internal sealed class SessionWindowedSerde<TKey>(ISerde<TKey> key) : WindowKeySerde<Windowed<TKey>>
{
    public override int SuffixLength => 2 * sizeof(long);

    public override void Serialize(Windowed<TKey> value, IBufferWriter<byte> writer)
    {
        if (!Missing.Is(value.Key))
        {
            key.Serialize(value.Key, writer);
        }

        var span = writer.GetSpan(SuffixLength);
        BinaryPrimitives.WriteInt64BigEndian(span, value.Window.End);
        BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], value.Window.Start);
        writer.Advance(SuffixLength);
    }

    public override Windowed<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < SuffixLength)
        {
            throw new FormatException(
                $"The key of a session takes at least 16 bytes; got {data.Length}. Check the serde of the topic's keys.");
        }

        var times = data[^SuffixLength..];
        return new Windowed<TKey>(
            key.Deserialize(data[..^SuffixLength]),
            new Window(
                BinaryPrimitives.ReadInt64BigEndian(times[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(times)));
    }

    public override ISerde<Windowed<TKey>> For(SerdeContext context)
    {
        var inner = key.For(context);
        return ReferenceEquals(inner, key) ? this : new SessionWindowedSerde<TKey>(inner);
    }
}
