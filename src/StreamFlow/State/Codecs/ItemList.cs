using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A list that never changes: adding to it makes another. The two share their items as long as only the newest of them is
/// added to, so that a list grows by steps at no more cost than one that changes.
/// </summary>
internal readonly struct ItemList<T> : IReadOnlyList<T>
{
    private const int FirstCapacity = 4;
    private readonly Block? _block;

    private ItemList(Block block, int count)
    {
        _block = block;
        Count = count;
    }

    public int Count { get; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _block!.Items[index];
        }
    }

    /// <summary>The list with one more item at its end.</summary>
    public ItemList<T> With(T item)
    {
        var block = _block;
        if (block is null || block.Used != Count || Count == block.Items.Length)
        {
            block = new Block { Items = new T[Math.Max(FirstCapacity, checked(Count * 2))], Used = Count };
            _block?.Items.AsSpan(0, Count).CopyTo(block.Items);
        }

        block.Items[Count] = item;
        return new ItemList<T>(block, ++block.Used);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return _block!.Items[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Block
    {
        public required T[] Items { get; init; }

        /// <summary>Items that some list shows.</summary>
        public required int Used { get; set; }
    }
}

/// <summary>
/// Lists as Kafka Streams writes them (ListSerializer): one byte 1, that each item has its length before it; 4 bytes number of
/// items; per item 4 bytes length, then the item. Integers are big-endian.
/// </summary>
internal sealed class ItemListSerde<T>(ISerde<T> items) : ISerde<ItemList<T>>
{
    private const byte ItemsHaveLengths = 1;

    // A store's own thread alone writes lists.
    private readonly PooledBuffer _item = new();

    public void Serialize(ItemList<T> value, IBufferWriter<byte> writer)
    {
        var head = writer.GetSpan(1 + sizeof(int));
        head[0] = ItemsHaveLengths;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], value.Count);
        writer.Advance(1 + sizeof(int));
        for (var i = 0; i < value.Count; i++)
        {
            _item.Clear();
            items.Serialize(value[i], _item);
            BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), _item.Length);
            writer.Advance(sizeof(int));
            writer.Write(_item.Written);
        }
    }

    public ItemList<T> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < 1 + sizeof(int) || data[0] != ItemsHaveLengths)
        {
            throw new FormatException("A list begins with one byte 1 and the number of its items.");
        }

        var list = default(ItemList<T>);
        var rest = data[1..];
        for (var left = ReadLength(ref rest); left > 0; left--)
        {
            var length = ReadLength(ref rest);
            if (length < 0 || length > rest.Length)
            {
                throw new FormatException($"An item of {length} bytes is announced where {rest.Length} are left.");
            }

            list = list.With(items.Deserialize(rest[..length]));
            rest = rest[length..];
        }

        return list;
    }

    private static int ReadLength(ref ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(int))
        {
            throw new FormatException("A list ends before its last item.");
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(data);
        data = data[sizeof(int)..];
        return length;
    }
}
