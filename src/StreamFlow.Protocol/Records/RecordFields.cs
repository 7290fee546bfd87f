namespace StreamFlow.Protocol.Records;

/// <summary>The fields of one record about to be encoded.</summary>
internal readonly ref struct RecordFields(
    long timestampDelta, int offsetDelta, bool hasKey, ReadOnlySpan<byte> key, bool hasValue,
    ReadOnlySpan<byte> value, ReadOnlySpan<byte> rawHeaders)
{
    private readonly ReadOnlySpan<byte> _key = key;
    private readonly ReadOnlySpan<byte> _value = value;
    private readonly ReadOnlySpan<byte> _rawHeaders = rawHeaders;

    public int EncodedSize
    {
        get
        {
            var body = BodySize;
            return VarInt.Size(body) + body;
        }
    }

    private int BodySize => checked(
        1 + VarInt.Size(timestampDelta) + VarInt.Size(offsetDelta)
        + VarInt.Size(hasKey ? _key.Length : -1) + _key.Length
        + VarInt.Size(hasValue ? _value.Length : -1) + _value.Length + _rawHeaders.Length);

    /// <summary>Encodes the record; answers the bytes written.</summary>
    public int Write(Span<byte> destination)
    {
        var at = VarInt.Write(destination, BodySize);
        destination[at++] = 0;
        at += VarInt.Write(destination[at..], timestampDelta);
        at += VarInt.Write(destination[at..], offsetDelta);
        at += WriteBytes(destination[at..], hasKey, _key);
        at += WriteBytes(destination[at..], hasValue, _value);
        _rawHeaders.CopyTo(destination[at..]);
        return at + _rawHeaders.Length;
    }

    private static int WriteBytes(Span<byte> destination, bool present, ReadOnlySpan<byte> bytes)
    {
        var at = VarInt.Write(destination, present ? bytes.Length : -1);
        bytes.CopyTo(destination[at..]);
        return at + bytes.Length;
    }
}
