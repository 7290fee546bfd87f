using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Protocol;

/// <summary>
/// Reads the primitive types of the Kafka protocol from one frame. Every length is checked against the bytes that are
/// really there before anything is allocated for it.
/// </summary>
internal ref partial struct WireReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly Memory<byte> _frame;
    private readonly ReadOnlySpan<byte> _span;
    private int _position;
    private long _entries;

    public WireReader(Memory<byte> frame)
    {
        _frame = frame;
        _span = frame.Span;
    }

    /// <summary>The version of the request; decides which fields are present.</summary>
    public short Version { get; set; }

    /// <summary>Whether this version uses compact lengths and tag sections.</summary>
    public bool Flexible { get; set; }

    /// <summary>The most elements that all arrays of the message may have together: what is decoded is larger than what was received.</summary>
    public int MaxEntries { get; set; } = int.MaxValue;

    public readonly int Remaining => _span.Length - _position;

    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    public bool ReadBool() => Take(1)[0] != 0;

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    public ErrorCode ReadError() => (ErrorCode)ReadInt16();

    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    public uint ReadUnsignedVarint()
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (uint)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
            {
                return value;
            }
        }

        throw new ProtocolException("An unsigned varint is longer than 5 bytes.");
    }

    public string ReadString() => ReadNullableString() ?? throw new ProtocolException("A required string is null.");

    public string? ReadNullableString()
    {
        int length = Flexible ? ReadCompactLength() : ReadInt16();
        return length < 0 ? CheckNull(length) : Decode(Take(length));
    }

    /// <summary>As <see cref="ReadHeaderString"/>: the same string where a message has one.</summary>
    public string? ReadNullableShortString() => ReadHeaderString();

    /// <summary>The client id of the request header keeps its 16-bit length even in flexible versions.</summary>
    public string? ReadHeaderString()
    {
        short length = ReadInt16();
        return length < 0 ? CheckNull(length) : Decode(Take(length));
    }

    /// <summary>Reads bytes into an array of their own, for values that outlive the frame.</summary>
    public byte[] ReadBytes()
    {
        int length = Flexible ? ReadCompactLength() : ReadInt32();
        return length < 0 ? throw new ProtocolException("A required byte field is null.") : Take(length).ToArray();
    }

    public byte[]? ReadNullableBytes()
    {
        int length = Flexible ? ReadCompactLength() : ReadInt32();
        if (length < 0)
        {
            CheckNull(length);
            return null;
        }

        return Take(length).ToArray();
    }

    /// <summary>Record batches as a slice of the frame: never copied, and valid only as long as the frame is.</summary>
    public WireRecords ReadNullableRecords() => ReadNullableRecordSlice() is { } memory ? WireRecords.Of(memory) : default;

    /// <summary>Hands out record batches as a slice of the frame: they are never copied, and valid only as long as it is.</summary>
    public Memory<byte>? ReadNullableRecordSlice()
    {
        int length = Flexible ? ReadCompactLength() : ReadInt32();
        if (length < 0)
        {
            CheckNull(length);
            return null;
        }

        int start = _position;
        Take(length);
        return _frame.Slice(start, length);
    }

    private static string? CheckNull(int length) =>
        length == -1 ? null : throw new ProtocolException($"A length of {length} is negative.");

    private static string Decode(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return utf8.IsEmpty ? "" : StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolException("A string is not valid UTF-8.");
        }
    }

    private int ReadCompactLength()
    {
        uint raw = ReadUnsignedVarint();
        return raw > int.MaxValue ? throw new ProtocolException($"A length of {raw} is too large.") : (int)raw - 1;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw new ProtocolException($"A field of {count} bytes exceeds the {Remaining} bytes left in the request.");
        }

        ReadOnlySpan<byte> taken = _span.Slice(_position, count);
        _position += count;
        return taken;
    }
}
