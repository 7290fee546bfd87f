namespace StreamFlow.Broker.Storage;

/// <summary>Walks the batch headers of a segment's file from a position, in chunks into a caller's buffer.</summary>
internal ref struct BatchWalker
{
    private readonly StorageFile _file;
    private readonly Span<byte> _buffer;
    private readonly long _end;
    private long _bufferStart;
    private int _bufferLength;
    private long _next;

    /// <param name="file">The log file.</param>
    /// <param name="position">Where a batch starts.</param>
    /// <param name="end">Nothing at or behind this is looked at.</param>
    /// <param name="buffer">At least a header long; longer means fewer reads.</param>
    public BatchWalker(StorageFile file, long position, long end, Span<byte> buffer)
    {
        _file = file;
        _buffer = buffer;
        _end = end;
        _next = position;
    }

    public BatchHeader Current { get; private set; }

    /// <summary>Where the current batch starts.</summary>
    public long Position { get; private set; }

    /// <summary>The current batch as a whole, when the buffer happens to hold it; empty otherwise.</summary>
    public readonly ReadOnlySpan<byte> Buffered => Position + Current.TotalSize <= _bufferStart + _bufferLength
        ? _buffer.Slice((int)(Position - _bufferStart), Current.TotalSize)
        : default;

    /// <summary>Where the walk stopped, once <see cref="MoveNext"/> answered false.</summary>
    public readonly long Next => _next;

    public bool MoveNext()
    {
        if (_next + RecordBatch.HeaderSize > _end || !EnsureHeader()
            || !BatchHeader.TryRead(_buffer[(int)(_next - _bufferStart).._bufferLength], out var header)
            || _next + header.TotalSize > _end)
        {
            return false;
        }

        Current = header;
        Position = _next;
        _next += header.TotalSize;
        return true;
    }

    /// <summary>Whether the current batch has the checksum it states; the scratch is for one that is not buffered.</summary>
    public readonly bool IsCrcRight(Span<byte> scratch)
    {
        var whole = Buffered;
        if (!whole.IsEmpty)
        {
            return RecordBatch.IsCrcValid(whole);
        }

        Span<byte> head = stackalloc byte[RecordBatch.AttributesAt];
        if (_file.Read(head, Position) < head.Length)
        {
            return false;
        }

        var crc = Crc32C.Start;
        var at = Position + RecordBatch.AttributesAt;
        var end = Position + Current.TotalSize;
        while (at < end)
        {
            var read = _file.Read(scratch[..(int)Math.Min(scratch.Length, end - at)], at);
            if (read == 0)
            {
                return false;
            }

            crc = Crc32C.Append(crc, scratch[..read]);
            at += read;
        }

        return RecordBatch.ReadCrc(head) == ~crc;
    }

    private bool EnsureHeader()
    {
        if (_bufferLength > 0 && _next >= _bufferStart
            && _next + RecordBatch.HeaderSize <= _bufferStart + _bufferLength)
        {
            return true;
        }

        _bufferStart = _next;
        _bufferLength = _file.Read(_buffer[..(int)Math.Min(_buffer.Length, _end - _next)], _next);
        return _bufferLength >= RecordBatch.HeaderSize;
    }
}
