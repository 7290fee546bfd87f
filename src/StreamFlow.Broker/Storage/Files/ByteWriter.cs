using System.Buffers;
using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>Writes the small side files: big-endian numbers, closed by a CRC-32C over all before it.</summary>
internal sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public void Int16(short value) => _buffer.AppendInt16(value);

    public void Int32(int value) => _buffer.AppendInt32(value);

    public void Int64(long value) => _buffer.AppendInt64(value);

    public byte[] Finish()
    {
        Int32((int)Crc32C.Compute(_buffer.WrittenSpan));
        return _buffer.WrittenSpan.ToArray();
    }
}

/// <summary>Reads what <see cref="ByteWriter"/> wrote; a number beyond the end is a failure, not a throw.</summary>
internal ref struct ByteReader
{
    private ReadOnlySpan<byte> _rest;

    private ByteReader(ReadOnlySpan<byte> content) => _rest = content;

    public bool Failed { get; private set; }

    public readonly int Remaining => _rest.Length;

    /// <summary>False when the file is cut off or its checksum wrong.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> file, out ByteReader reader)
    {
        reader = default;
        if (file.Length < sizeof(uint)
            || BinaryPrimitives.ReadUInt32BigEndian(file[^sizeof(uint)..]) != Crc32C.Compute(file[..^sizeof(uint)]))
        {
            return false;
        }

        reader = new ByteReader(file[..^sizeof(uint)]);
        return true;
    }

    public short Int16() => Take(sizeof(short), out var bytes) ? BinaryPrimitives.ReadInt16BigEndian(bytes) : (short)0;

    public int Int32() => Take(sizeof(int), out var bytes) ? BinaryPrimitives.ReadInt32BigEndian(bytes) : 0;

    public long Int64() => Take(sizeof(long), out var bytes) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : 0;

    private bool Take(int count, out ReadOnlySpan<byte> bytes)
    {
        if (_rest.Length < count)
        {
            Failed = true;
            bytes = default;
            return false;
        }

        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }
}
