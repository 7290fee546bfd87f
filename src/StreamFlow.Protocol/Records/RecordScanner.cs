using System.Buffers;
using StreamFlow.Protocol.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Walks the records of one batch, compressed or not, once and without holding them: what it costs in memory is a buffer of
/// 64 KiB, whatever the batch claims to be. Keys, values and headers are passed over.
/// </summary>
internal ref struct RecordScanner
{
    private const int BufferSize = 64 * 1024;
    private const int LongestVarInt = 10;

    private readonly BatchHeader _header;
    private readonly ReadOnlySpan<byte> _section;
    private readonly Decompressor? _decompressor;
    private readonly byte[]? _buffer;
    private readonly Compressor? _copy;
    private ReadOnlySpan<byte> _window;
    private long _consumed;
    private bool _ended;

    /// <param name="header">The batch's header.</param>
    /// <param name="section">Its records as they are stored.</param>
    /// <param name="limits">How large they may become.</param>
    /// <param name="budget">What the request may have decompressed in all; null without a limit.</param>
    /// <param name="copy">Is given the records uncompressed while they are walked over; may be null.</param>
    /// <exception cref="InvalidDataException">The bytes are not of the batch's codec; also from the methods.</exception>
    public RecordScanner(
        in BatchHeader header, ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget,
        Compressor? copy = null)
    {
        _header = header;
        _section = section;
        _copy = copy;
        Index = -1;
        if (header.Codec == CompressionCodec.None)
        {
            _window = section;
            _ended = true;
            _copy?.Write(section);
            return;
        }

        _decompressor = Decompressor.Open(header.Codec, section, limits, budget);
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>Which record of the batch this is, from 0.</summary>
    public int Index { get; private set; }

    public int OffsetDelta { get; private set; }

    public long TimestampDelta { get; private set; }

    public bool HasKey { get; private set; }

    /// <summary>The records are not what the header says, or malformed; the walk has ended.</summary>
    public bool IsCorrupt { get; private set; }

    public readonly long Offset => _header.BaseOffset + OffsetDelta;

    public readonly long Timestamp =>
        _header.IsLogAppendTime ? _header.MaxTimestamp : _header.BaseTimestamp + TimestampDelta;

    /// <summary>Goes to the next record; false at the end, which is right unless <see cref="IsCorrupt"/>.</summary>
    /// <exception cref="CompressionLimitException">The records become more bytes than is allowed.</exception>
    public bool MoveNext()
    {
        if (IsCorrupt)
        {
            return false;
        }

        if (Index + 1 == _header.RecordCount)
        {
            IsCorrupt = Fill(1);
            return false;
        }

        Index++;
        IsCorrupt = !TryReadRecord();
        return !IsCorrupt;
    }

    public readonly void Dispose()
    {
        if (_decompressor is not null)
        {
            _decompressor.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer!);
        }
    }

    private bool TryReadRecord()
    {
        if (!TryNumber(out var length) || length < 1)
        {
            return false;
        }

        var end = _consumed + length;
        if (!TrySkip(1) || !TryNumber(out var timestampDelta) || !TryNumber(out var offsetDelta)
            || offsetDelta < 0 || offsetDelta > _header.LastOffsetDelta
            || !TryField(end, out var hasKey) || !TryField(end, out _) || !TryNumber(out var headers) || headers < 0)
        {
            return false;
        }

        (TimestampDelta, OffsetDelta, HasKey) = (timestampDelta, (int)offsetDelta, hasKey);
        for (; headers > 0; headers--)
        {
            if (!TryField(end, out var hasName) || !hasName || !TryField(end, out _))
            {
                return false;
            }
        }

        return _consumed == end;
    }

    private bool TryField(long end, out bool present)
    {
        present = false;
        if (!TryNumber(out var length) || length < -1 || length > end - _consumed)
        {
            return false;
        }

        present = length >= 0;
        return length <= 0 || TrySkip(length);
    }

    private bool TryNumber(out long value)
    {
        if (_window.Length < LongestVarInt && !_ended)
        {
            Fill(LongestVarInt);
        }

        var before = _window.Length;
        var read = VarInt.TryRead(ref _window, out value);
        _consumed += before - _window.Length;
        return read;
    }

    private bool TrySkip(long count)
    {
        _consumed += count;
        while (count > _window.Length)
        {
            count -= _window.Length;
            _window = default;
            if (!Fill(1))
            {
                return false;
            }
        }

        _window = _window[(int)count..];
        return true;
    }

    /// <summary>Has so many bytes in the window, or as many as there are; false when there are none.</summary>
    private bool Fill(int wanted)
    {
        while (_window.Length < wanted && !_ended)
        {
            _window.CopyTo(_buffer);
            var kept = _window.Length;
            var read = _decompressor!.Read(_section, _buffer.AsSpan(kept, BufferSize - kept));
            _ended = read == 0;
            _copy?.Write(_buffer.AsSpan(kept, read));
            _window = _buffer.AsSpan(0, kept + read);
        }

        return !_window.IsEmpty;
    }
}
