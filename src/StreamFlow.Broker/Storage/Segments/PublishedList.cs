namespace StreamFlow.Broker.Storage;

/// <summary>
/// A list that one writer (under the partition lock) appends to while any number of readers look at what was
/// published so far, without a lock: entries are written before the count that covers them.
/// </summary>
internal sealed class PublishedList<T>
    where T : struct
{
    private T[] _items = [];
    private int _count;

    public PublishedList()
    {
    }

    /// <summary>One that is complete.</summary>
    public PublishedList(T[] items) => (_items, _count) = (items, items.Length);

    /// <summary>The entries there is room for.</summary>
    public int Capacity => Volatile.Read(ref _items).Length;

    public int Count => Volatile.Read(ref _count);

    public ReadOnlySpan<T> Published
    {
        get
        {
            // The count first: the array read after it has at least that many entries.
            var count = Volatile.Read(ref _count);
            return Volatile.Read(ref _items).AsSpan(0, count);
        }
    }

    public void Add(in T item)
    {
        var items = _items;
        if (_count == items.Length)
        {
            var grown = new T[Math.Max(16, items.Length * 2)];
            items.AsSpan().CopyTo(grown);
            Volatile.Write(ref _items, grown);
            items = grown;
        }

        items[_count] = item;
        Volatile.Write(ref _count, _count + 1);
    }
}
