using StreamFlow.RocksDb.Interop;
using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>Goes through a range of a store. May outlive its store: it then throws <see cref="ObjectDisposedException"/>.</summary>
internal sealed class RocksDbIterator(Cursor cursor) : ByteIterator
{
    private readonly EntryBuffer _entry = new();
    private bool _atEntry;

    public override ReadOnlySpan<byte> Key => _atEntry ? _entry.Key[KeySpace.Length..] : throw NoEntry();

    public override ReadOnlySpan<byte> Value => _atEntry ? _entry.Value : throw NoEntry();

    public override bool MoveNext() => _atEntry = cursor.Move(_entry);

    public override void Seek(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
    {
        _atEntry = false;
        cursor.Seek(new Cursor.Bounds(KeySpace.Data, from, to, reverse));
    }

    protected override void Dispose(bool disposing) => cursor.CloseWhenIdle();

    private static InvalidOperationException NoEntry() =>
        new("The iterator is not at an entry: call MoveNext first, and stop when it returns false.");
}
