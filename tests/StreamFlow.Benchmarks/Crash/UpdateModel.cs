using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Benchmarks.Restore;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>
/// State and updates from which every result can be told: a value begins with the number of the last update and the
/// count of all updates of its key, which starts at a number that only the restored state knows. Update i goes to key
/// <see cref="KeyOf"/>, so its result must show the count <see cref="CountAfter"/>.
/// </summary>
internal sealed class UpdateModel(long keys)
{
    public const int KeyBytes = 10;
    public const int ValueBytes = 200;
    private const int HotKeys = 1000;
    private const int CountAt = sizeof(long);
    private const long Stride = 7919;

    public static void WriteHead(long key, Span<byte> value)
    {
        BinaryPrimitives.WriteInt64BigEndian(value, -1);
        BinaryPrimitives.WriteInt64BigEndian(value[CountAt..], FirstCount(key));
    }

    /// <summary>The next value of a key: the update's number, one more, the rest as it was.</summary>
    public static byte[] Next(byte[] update, byte[] old)
    {
        var value = old.Length == 0 ? new byte[ValueBytes] : (byte[])old.Clone();
        update.CopyTo(value, 0);
        var count = value.AsSpan(CountAt, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(count, BinaryPrimitives.ReadInt64BigEndian(count) + 1);
        return value;
    }

    public static UpdateResult ResultOf(long life, ReadOnlySpan<byte> value) => new(
        life, BinaryPrimitives.ReadInt64BigEndian(value), BinaryPrimitives.ReadInt64BigEndian(value[CountAt..]));

    public long KeyOf(long update) => update % HotKeys * Stride % keys;

    public byte[] KeyBytesOf(long update) => Changelog.KeyOf(KeyOf(update));

    public long CountAfter(long update) => FirstCount(KeyOf(update)) + (update / HotKeys) + 1;

    private static long FirstCount(long key) => 1_000_000 + (key % 1000);
}

/// <summary>What the application writes for each update: which start of it, the update, and the count of its key.</summary>
internal readonly record struct UpdateResult(long Life, long Update, long Count)
{
    public const int Size = 3 * sizeof(long);

    public static UpdateResult Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes),
        BinaryPrimitives.ReadInt64BigEndian(bytes[sizeof(long)..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[(2 * sizeof(long))..]));

    internal sealed class Serde : ISerde<UpdateResult>
    {
        public void Serialize(UpdateResult value, IBufferWriter<byte> writer)
        {
            var span = writer.GetSpan(Size);
            BinaryPrimitives.WriteInt64BigEndian(span, value.Life);
            BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], value.Update);
            BinaryPrimitives.WriteInt64BigEndian(span[(2 * sizeof(long))..], value.Count);
            writer.Advance(Size);
        }

        public UpdateResult Deserialize(ReadOnlySpan<byte> data) => Read(data);
    }
}
