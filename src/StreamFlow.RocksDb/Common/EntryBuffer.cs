namespace StreamFlow.RocksDb;

/// <summary>A copy of one entry, in a buffer that grows to the largest entry met.</summary>
internal sealed class EntryBuffer
{
    private byte[] _bytes = new byte[128];
    private int _keyLength;
    private int _valueLength;

    public ReadOnlySpan<byte> Key => _bytes.AsSpan(0, _keyLength);

    public ReadOnlySpan<byte> Value => _bytes.AsSpan(_keyLength, _valueLength);

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var needed = checked(key.Length + value.Length);
        if (needed > _bytes.Length)
        {
            _bytes = new byte[Math.Max(needed, (int)Math.Min(Array.MaxLength, _bytes.Length * 2L))];
        }

        key.CopyTo(_bytes);
        value.CopyTo(_bytes.AsSpan(key.Length));
        _keyLength = key.Length;
        _valueLength = value.Length;
    }
}
