namespace StreamFlow.State;

/// <summary>
/// Bytes that are written one after the other and forgotten together. They lie in pieces, so that growing copies nothing
/// and the whole may be larger than an array; what was written at once is never divided. Once emptied it keeps as much
/// memory as the last two fillings took, so that a peak is given back.
/// </summary>
internal sealed class ByteArena
{
    private const int FirstPiece = 4096;
    private const int LargestPiece = 1 << 20;
    private readonly List<byte[]> _pieces = [];
    private int _piece = -1;
    private int _used;
    private long _lengthBefore;

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>Memory held, whether in use or not.</summary>
    public long Capacity { get; private set; }

    /// <summary>What was written at a place.</summary>
    public ReadOnlySpan<byte> Read(ArenaPlace place, int length) => Read(place, 0, length);

    public ReadOnlySpan<byte> Read(ArenaPlace place, int from, int length) =>
        _pieces[place.Piece].AsSpan(place.Start + from, length);

    public ArenaPlace Append(ReadOnlySpan<byte> bytes) => Append(bytes, default);

    /// <summary>Writes two stretches of bytes, the second right behind the first.</summary>
    public ArenaPlace Append(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var length = checked(first.Length + second.Length);
        if (_piece < 0 || _pieces[_piece].Length - _used < length)
        {
            NextPiece(length);
        }

        var piece = _pieces[_piece];
        first.CopyTo(piece.AsSpan(_used));
        second.CopyTo(piece.AsSpan(_used + first.Length));
        var place = new ArenaPlace(_piece, _used);
        _used += length;
        Length += length;
        return place;
    }

    public void Clear()
    {
        var keep = Math.Max(Length, _lengthBefore);
        (_lengthBefore, Length) = (Length, 0);
        (_piece, _used) = (-1, 0);
        for (var i = 0; i < _pieces.Count; i++)
        {
            if (keep <= 0)
            {
                Drop(i);
                return;
            }

            keep -= _pieces[i].Length;
        }
    }

    private void Drop(int from)
    {
        for (var i = from; i < _pieces.Count; i++)
        {
            Capacity -= _pieces[i].Length;
        }

        _pieces.RemoveRange(from, _pieces.Count - from);
    }

    private void NextPiece(int length)
    {
        _piece++;
        _used = 0;
        if (_piece < _pieces.Count && _pieces[_piece].Length >= length)
        {
            return;
        }

        var usual = _piece == 0 ? FirstPiece : (int)Math.Min(LargestPiece, 2L * _pieces[_piece - 1].Length);
        var piece = GC.AllocateUninitializedArray<byte>(Math.Max(usual, length));
        _pieces.Insert(_piece, piece);
        Capacity += piece.Length;
    }
}

/// <summary>Where in a <see cref="ByteArena"/> something begins.</summary>
internal readonly record struct ArenaPlace(int Piece, int Start);
