using System.Buffers.Binary;
using System.Globalization;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Compression;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Benchmarks.Records;

/// <summary>Records of a hundred bytes whose keys are drawn at random, and which of them compaction has to leave.</summary>
internal sealed class KeyedRecords
{
    public const int KeyBytes = 10;
    public const int RecordBytes = 100;
    public const long TimestampMs = 1_700_000_000_000;
    private const int Seed = 1;
    private const int ReadBytes = 1 << 20;

    private readonly int[] _keys;
    private readonly int[] _last;
    private readonly byte[] _noise = new byte[64 * 1024];

    /// <param name="count">How many records.</param>
    /// <param name="keys">How many keys they are drawn from.</param>
    public KeyedRecords(int count, int keys)
    {
        Random random = new(Seed);
        random.NextBytes(_noise);
        _keys = new int[count];
        _last = new int[keys];
        _last.AsSpan().Fill(-1);
        for (int i = 0; i < count; i++)
        {
            _keys[i] = random.Next(keys);
            _last[_keys[i]] = i;
        }

        byte[] record = new byte[RecordBytes];
        foreach (int last in _last.Where(static last => last >= 0))
        {
            Write(last, record);
            Distinct++;
            Hash += HashOf(last, record);
        }
    }

    public int Count => _keys.Length;

    /// <summary>How many keys were drawn at all.</summary>
    public int Distinct { get; }

    /// <summary>Of offsets, keys and values that have to be left, whatever their order.</summary>
    public ulong Hash { get; }

    /// <summary>Writes key and value of a record, which is at this offset.</summary>
    public void Write(int offset, Span<byte> record)
    {
        _keys[offset].TryFormat(record[..KeyBytes], out _, "D10", CultureInfo.InvariantCulture);
        _noise.AsSpan((int)(offset * 31L % (_noise.Length - RecordBytes)), RecordBytes - KeyBytes).CopyTo(record[KeyBytes..]);
        BinaryPrimitives.WriteInt64BigEndian(record[KeyBytes..], offset);
    }

    /// <summary>Reads all that is left.</summary>
    /// <returns>How many records, their hash, and whether they are exactly the last ones of their keys.</returns>
    public (int Found, ulong Hash, bool IsRight) Check(PartitionLog log)
    {
        (int found, ulong hash, bool isRight) = (0, 0, true);
        byte[] expected = new byte[RecordBytes];
        using PooledBuffer read = new(int.MaxValue);
        for (long offset = 0; offset < log.LogEndOffset;)
        {
            read.Truncate(0);
            ReadResult result = log.Read(offset, ReadBytes, atLeastOneBatch: true, readCommitted: false, read);
            if (result.Error != ErrorCode.None || result.Bytes == 0)
            {
                throw new InvalidOperationException($"Offset {offset} of {log.LogEndOffset} cannot be read: {result.Error}.");
            }

            ReadOnlySpan<byte> rest = read.Written;
            while (BatchHeader.TryRead(rest, out BatchHeader header))
            {
                RecordReader reader = new(rest[..header.TotalSize]);
                while (reader.MoveNext())
                {
                    int key = int.Parse(reader.Key, CultureInfo.InvariantCulture);
                    Write((int)reader.Offset, expected);
                    isRight &= _last[key] == reader.Offset && reader.Key.SequenceEqual(expected.AsSpan(0, KeyBytes))
                        && reader.Value.SequenceEqual(expected.AsSpan(KeyBytes));
                    found++;
                    reader.Key.CopyTo(expected);
                    reader.Value.CopyTo(expected.AsSpan(KeyBytes));
                    hash += HashOf(reader.Offset, expected);
                }

                isRight &= !reader.IsCorrupt;
                rest = rest[header.TotalSize..];
            }

            offset = result.NextOffset;
        }

        return (found, hash, isRight && found == Distinct && hash == Hash);
    }

    private static ulong HashOf(long offset, ReadOnlySpan<byte> record) =>
        unchecked((((ulong)Crc32C.Compute(record) << 32) | (uint)offset) * 0x9E3779B97F4A7C15);
}
