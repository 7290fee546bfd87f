using StreamFlow.Protocol.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Walks the records of one uncompressed batch without copying. Malformed bytes end the walk with
/// <see cref="IsCorrupt"/> set; nothing throws.
/// </summary>
internal ref struct RecordReader
{
    private readonly BatchHeader _header;
    private ReadOnlySpan<byte> _rest;
    private int _remaining;

    /// <param name="header">The batch's header.</param>
    /// <param name="records">The record section, decompressed.</param>
    public RecordReader(in BatchHeader header, ReadOnlySpan<byte> records)
    {
        _header = header;
        _rest = records;
        _remaining = header.RecordCount;
    }

    /// <summary>Reads the records of an uncompressed batch given whole.</summary>
    public RecordReader(ReadOnlySpan<byte> batch)
    {
        if (BatchHeader.TryRead(batch, out _header) && _header.TotalSize <= batch.Length && _header.Codec == CompressionCodec.None)
        {
            _rest = batch[RecordBatch.HeaderSize.._header.TotalSize];
            _remaining = _header.RecordCount;
        }
        else
        {
            IsCorrupt = true;
        }
    }

    public bool IsCorrupt { get; private set; }

    public int OffsetDelta { get; private set; }

    public long TimestampDelta { get; private set; }

    public bool HasKey { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>False for a tombstone.</summary>
    public bool HasValue { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Header count and headers, still encoded.</summary>
    public ReadOnlySpan<byte> RawHeaders { get; private set; }

    /// <summary>The whole record as stored, its length prefix included.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    public readonly long Offset => _header.BaseOffset + OffsetDelta;

    public readonly long Timestamp =>
        _header.IsLogAppendTime ? _header.MaxTimestamp : _header.BaseTimestamp + TimestampDelta;

    public bool MoveNext()
    {
        if (_remaining == 0 || IsCorrupt)
        {
            return false;
        }

        _remaining--;
        IsCorrupt = !TryReadRecord();
        return !IsCorrupt;
    }

    private bool TryReadRecord()
    {
        var start = _rest;
        if (!VarInt.TryReadInt(ref _rest, out var length) || length < 0 || length > _rest.Length)
        {
            return false;
        }

        Raw = start[..(start.Length - _rest.Length + length)];
        var body = _rest[..length];
        _rest = _rest[length..];
        if (body.IsEmpty)
        {
            return false;
        }

        body = body[1..];
        if (!VarInt.TryRead(ref body, out var timestampDelta) || !VarInt.TryReadInt(ref body, out var offsetDelta)
            || offsetDelta < 0 || offsetDelta > _header.LastOffsetDelta || !TryReadLength(ref body, out var keyLength))
        {
            return false;
        }

        (TimestampDelta, OffsetDelta, HasKey) = (timestampDelta, offsetDelta, keyLength >= 0);
        Key = body[..Math.Max(0, keyLength)];
        body = body[Key.Length..];
        if (!TryReadLength(ref body, out var valueLength))
        {
            return false;
        }

        HasValue = valueLength >= 0;
        Value = body[..Math.Max(0, valueLength)];
        RawHeaders = body[Value.Length..];
        return !RawHeaders.IsEmpty;
    }

    // -1 stands for null; anything beyond the record is refused before it is used.
    private static bool TryReadLength(ref ReadOnlySpan<byte> body, out int length) =>
        VarInt.TryReadInt(ref body, out length) && length >= -1 && length <= body.Length;
}
