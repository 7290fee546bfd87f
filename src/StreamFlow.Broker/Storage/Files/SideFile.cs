using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>The small side files: big-endian numbers, closed by a CRC-32C over all before it.</summary>
internal static class SideFile
{
    /// <summary>The file's content, from the numbers that were written.</summary>
    public static byte[] Close(this WireWriter writer)
    {
        writer.WriteInt32((int)Crc32C.Compute(writer.Written));
        return writer.Written.ToArray();
    }
}

/// <summary>Reads what <see cref="SideFile"/> has closed; a number beyond the end is a failure, not a throw.</summary>
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
