namespace StreamFlow.Kafka.Producers;

/// <summary>Compares keys by their bytes.</summary>
internal sealed class ByteKeys : IEqualityComparer<byte[]>
{
    private ByteKeys()
    {
    }

    internal static ByteKeys Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    public int GetHashCode(byte[] obj)
    {
        var hash = new HashCode();
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
