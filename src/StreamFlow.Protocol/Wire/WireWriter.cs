using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace StreamFlow.Protocol;

/// <summary>
/// Writes one response frame into pooled memory. Record batches are attached as segments of their own instead of being
/// copied into the frame, so bytes read from the log go to the socket as they are.
/// </summary>
internal sealed partial class WireWriter : IDisposable
{
    private const int InitialChunk = 1024;
    private const int SizePrefix = 4;

    private readonly List<ArraySegment<byte>> _closed = [];
    private readonly List<byte[]> _attached = [];
    private byte[] _chunk;
    private int _chunkStart;
    private int _position;

    public WireWriter(int sizeHint = InitialChunk)
    {
        _chunk = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, InitialChunk));
        _position = SizePrefix;
    }

    public delegate void ElementWriter<in T>(WireWriter writer, T item);

    /// <summary>The version of the response; decides which fields are present.</summary>
    public short Version { get; set; }

    /// <summary>Whether this version uses compact lengths and tag sections.</summary>
    public bool Flexible { get; set; }

    public void WriteInt8(sbyte value) => Reserve(1)[0] = (byte)value;

    public void WriteBool(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(Reserve(8), value);

    /// <summary>The errors that were written, in order; null when there was none.</summary>
    public List<ErrorCode>? Errors { get; private set; }

    public void WriteError(ErrorCode value)
    {
        if (value != ErrorCode.None)
        {
            (Errors ??= []).Add(value);
        }

        WriteInt16((short)value);
    }

    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void WriteUnsignedVarint(uint value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    public void WriteString(string value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length, wide: false);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    public void WriteNullableString(string? value)
    {
        if (value is null)
        {
            WriteLength(-1, wide: false);
            return;
        }

        WriteString(value);
    }

    /// <summary>A string whose length has 16 bits in every version, flexible or not.</summary>
    public void WriteNullableShortString(string? value)
    {
        int length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        WriteInt16(checked((short)length));
        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, Reserve(length));
        }
    }

    public void WriteBytes(byte[] value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        WriteBytes(value.AsSpan());
    }

    public void WriteNullableBytes(byte[]? value)
    {
        if (value is null)
        {
            WriteLength(-1, wide: true);
            return;
        }

        WriteBytes(value.AsSpan());
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length, wide: true);
        value.CopyTo(Reserve(value.Length));
    }

    /// <summary>Writes a records field from a buffer rented from the shared pool, which the writer owns from here on.</summary>
    public void WriteRentedRecords(byte[]? rented, int length)
    {
        WriteLength(length, wide: true);
        if (rented is null)
        {
            return;
        }

        _attached.Add(rented);
        CloseChunk();
        _closed.Add(new ArraySegment<byte>(rented, 0, length));
    }

    /// <summary>Attaches record batches as they lie in memory, as <see cref="WireRecords"/> says.</summary>
    public void WriteNullableRecords(WireRecords value)
    {
        if (value.Rented is { } rented)
        {
            WriteRentedRecords(rented, value.Memory.Length);
            return;
        }

        WriteLength(value.IsNull ? -1 : value.Memory.Length, wide: true);
        if (value.Memory.IsEmpty)
        {
            return;
        }

        if (!MemoryMarshal.TryGetArray<byte>(value.Memory, out ArraySegment<byte> segment))
        {
            value.Memory.Span.CopyTo(Reserve(value.Memory.Length));
            return;
        }

        CloseChunk();
        _closed.Add(segment);
    }

    public void WriteArrayLength(int count) => WriteLength(count, wide: true);

    public void WriteArray<T>(IReadOnlyList<T> items, ElementWriter<T> write)
    {
        WriteArrayLength(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            write(this, items[i]);
        }
    }

    public void WriteInt32Array(ReadOnlySpan<int> items)
    {
        WriteArrayLength(items.Length);
        foreach (int item in items)
        {
            WriteInt32(item);
        }
    }

    /// <summary>Ends a struct of a flexible version; no tagged field ever differs from its default here.</summary>
    public void WriteEmptyTags()
    {
        if (Flexible)
        {
            Reserve(1)[0] = 0;
        }
    }

    /// <summary>Writes the size in front and returns the frame in the pieces it consists of.</summary>
    public List<ArraySegment<byte>> Complete()
    {
        CloseChunk();
        int total = 0;
        foreach (ArraySegment<byte> segment in _closed)
        {
            total += segment.Count;
        }

        BinaryPrimitives.WriteInt32BigEndian(_closed[0], total - SizePrefix);
        return _closed;
    }

    public void Dispose()
    {
        if (_chunk.Length == 0)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(_chunk);
        foreach (byte[] buffer in _attached)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _chunk = [];
        _attached.Clear();
        _closed.Clear();
        Held?.Dispose();
    }

    private void WriteLength(int length, bool wide)
    {
        if (Flexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else if (wide)
        {
            WriteInt32(length);
        }
        else
        {
            WriteInt16(checked((short)length));
        }
    }

    private void CloseChunk()
    {
        if (_position > _chunkStart)
        {
            _closed.Add(new ArraySegment<byte>(_chunk, _chunkStart, _position - _chunkStart));
            _chunkStart = _position;
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_chunk.Length - _position < count)
        {
            Grow(count);
        }

        Span<byte> reserved = _chunk.AsSpan(_position, count);
        _position += count;
        return reserved;
    }

    /// <summary>Closed pieces point into the old chunk, so it is kept until the end when there are any.</summary>
    private void Grow(int count)
    {
        int open = _position - _chunkStart;
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(_chunk.Length * 2, open + count)));
        _chunk.AsSpan(_chunkStart, open).CopyTo(larger);
        if (_chunkStart == 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }
        else
        {
            _attached.Add(_chunk);
        }

        _chunk = larger;
        _chunkStart = 0;
        _position = open;
    }
}
