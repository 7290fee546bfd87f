using System.Diagnostics;

namespace StreamFlow.Protocol;

/// <content>Tagged fields, whose size stands in front of them.</content>
internal sealed partial class WireWriter
{
    /// <summary>Writes the number of a tagged field; its value follows, and then <see cref="EndTag"/>.</summary>
    /// <returns>What <see cref="EndTag"/> is to be given.</returns>
    public int BeginTag(uint tag)
    {
        WriteUnsignedVarint(tag);
        return _position - _chunkStart;
    }

    /// <summary>Puts the size of the value in front of it: only now is it known.</summary>
    public void EndTag(int mark)
    {
        int length = _position - _chunkStart - mark;
        Debug.Assert(length >= 0, "Record batches in a tagged field would have begun a piece of their own.");
        int prefix = UnsignedVarintSize((uint)length);
        Reserve(prefix);
        Span<byte> field = _chunk.AsSpan(_chunkStart + mark, length + prefix);
        field[..length].CopyTo(field[prefix..]);
        _position = _chunkStart + mark;
        WriteUnsignedVarint((uint)length);
        _position += length;
    }

    private static int UnsignedVarintSize(uint value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
        {
            size++;
        }

        return size;
    }
}
