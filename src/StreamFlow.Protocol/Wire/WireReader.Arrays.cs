namespace StreamFlow.Protocol;

/// <content>Arrays: they grow with what was really read, so that the announced count alone never allocates much.</content>
internal ref partial struct WireReader
{
    private const int InitialArrayCapacity = 64;

    public delegate T ElementReader<out T>(ref WireReader reader);

    public T[] ReadArray<T>(ElementReader<T> read) =>
        ReadNullableArray(read) ?? throw new ProtocolException("A required array is null.");

    public T[]? ReadNullableArray<T>(ElementReader<T> read)
    {
        int count = ReadCount();
        if (count <= 0)
        {
            return count == 0 ? [] : null;
        }

        T[] items = new T[Math.Min(count, InitialArrayCapacity)];
        for (int i = 0; i < count; i++)
        {
            if (i == items.Length)
            {
                Array.Resize(ref items, (int)Math.Min(count, items.Length * 2L));
            }

            items[i] = read(ref this);
        }

        return items;
    }

    public string[] ReadStringArray() => ReadArray(static (ref WireReader r) => r.ReadString());

    public string[]? ReadNullableStringArray() => ReadNullableArray(static (ref WireReader r) => r.ReadString());

    public int[] ReadInt32Array() => ReadArray(static (ref WireReader r) => r.ReadInt32());

    public int[]? ReadNullableInt32Array() => ReadNullableArray(static (ref WireReader r) => r.ReadInt32());

    /// <summary>Reads structs that read themselves.</summary>
    public T[] ReadArray<T>()
        where T : IWireType<T> => ReadNullableArray<T>() ?? throw NullArray();

    /// <summary>As <see cref="ReadArray{T}()"/>, where null may stand for it.</summary>
    public T[]? ReadNullableArray<T>()
        where T : IWireType<T>
    {
        int count = ReadCount();
        if (count <= 0)
        {
            return count == 0 ? [] : null;
        }

        T[] items = new T[Math.Min(count, InitialArrayCapacity)];
        for (int i = 0; i < count; i++)
        {
            if (i == items.Length)
            {
                Array.Resize(ref items, (int)Math.Min(count, items.Length * 2L));
            }

            items[i] = T.Read(ref this);
        }

        return items;
    }

    public sbyte[] ReadInt8Array() => ReadArray(static (ref WireReader r) => r.ReadInt8());

    public long[] ReadInt64Array() => ReadArray(static (ref WireReader r) => r.ReadInt64());

    private static ProtocolException NullArray() => new("A required array is null.");

    /// <summary>The length of an array, which the bytes that are left can at best hold; -1 for null.</summary>
    private int ReadCount()
    {
        int count = Flexible ? ReadCompactLength() : ReadInt32();
        if (count < 0)
        {
            CheckNull(count);
            return -1;
        }

        if (count > Remaining)
        {
            throw new ProtocolException($"An array announces {count} elements with {Remaining} bytes left.");
        }

        _entries += count;
        return _entries <= MaxEntries
            ? count
            : throw new ProtocolException($"The message has more than {MaxEntries} entries in its arrays; ask for less at once.");
    }
}
