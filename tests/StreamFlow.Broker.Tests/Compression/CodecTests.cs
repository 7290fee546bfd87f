using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Broker.Tests.Compression;

public sealed class CodecTests
{
    private const int Seed = 20261130;

    public static TheoryData<string> Codecs =>
        [nameof(CompressionCodec.Gzip), nameof(CompressionCodec.Snappy), nameof(CompressionCodec.Lz4), nameof(CompressionCodec.Zstd)];

    public static TheoryData<string, int> Levels => new()
    {
        { nameof(CompressionCodec.Gzip), -1 }, { nameof(CompressionCodec.Gzip), 1 }, { nameof(CompressionCodec.Gzip), 9 },
        { nameof(CompressionCodec.Lz4), 1 }, { nameof(CompressionCodec.Lz4), 9 }, { nameof(CompressionCodec.Lz4), 17 },
        { nameof(CompressionCodec.Zstd), -131072 }, { nameof(CompressionCodec.Zstd), 1 }, { nameof(CompressionCodec.Zstd), 22 },
    };

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_was_compressed_opens_to_what_it_was_whatever_its_size(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var random = new Random(Seed);
        foreach (var size in (int[])[0, 1, 100, 32 * 1024, 64 * 1024, (64 * 1024) + 1, 300_000])
        {
            foreach (var plain in (byte[][])[Text(random, size), Noise(random, size)])
            {
                var section = Compress(codec, plain, CompressionLevels.DefaultOf(codec));
                Assert.Equal(plain, Open(codec, section, step: 5000));
                Assert.Equal(plain, Open(codec, section, step: 1 << 20));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Every_level_writes_what_can_be_opened(string name, int level)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var plain = Text(new Random(Seed), 100_000);
        Assert.Equal(plain, Open(codec, Compress(codec, plain, level)));
    }

    [Theory]
    [InlineData(nameof(CompressionCodec.Gzip), 1, 9)]
    [InlineData(nameof(CompressionCodec.Lz4), 9, 12)]
    [InlineData(nameof(CompressionCodec.Zstd), -50, 19)]
    public void Higher_levels_compress_better(string name, int low, int high)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var plain = Text(new Random(Seed), 100_000);
        Assert.True(Compress(codec, plain, high).Length < Compress(codec, plain, low).Length);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Damaged_sections_are_refused_or_opened_within_their_limits_and_never_throw_otherwise(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var random = new Random(Seed);
        var rounds = int.Parse(Environment.GetEnvironmentVariable("STREAMFLOW_FUZZ_ROUNDS") ?? "3000", null);
        var good = Compress(codec, Text(random, 3000), CompressionLevels.DefaultOf(codec));
        for (var i = 0; i < rounds; i++)
        {
            var bad = Damage(random, good);
            try
            {
                Open(codec, bad);
            }
            catch (Exception e) when (e is InvalidDataException or CompressionLimitException)
            {
                continue;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {i}, {Convert.ToBase64String(bad)}: {e}");
            }
        }
    }

    [Theory]
    [InlineData(nameof(CompressionCodec.Snappy))]
    [InlineData(nameof(CompressionCodec.Lz4))]
    [InlineData(nameof(CompressionCodec.Zstd))]
    public void Sections_cut_off_are_refused(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var good = Compress(codec, Text(new Random(Seed), 100_000), CompressionLevels.DefaultOf(codec));
        for (var length = 20; length < good.Length - 10; length += 997)
        {
            // A snappy section may well end between two of its blocks; the count of records tells then.
            Assert.Throws<InvalidDataException>(() => Open(codec, good[..length]));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Bomb_is_given_up_at_its_limit_and_costs_no_more_memory_than_a_buffer(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        // A sixteenth of what the bombs that were tried came to: 2.2 GB out of 1.2 KB of nested gzip.
        var bomb = Bomb(codec, megabytes: 140);
        var step = new byte[64 * 1024];
        long opened = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var decompressor = Decompressor.Open(codec, bomb, DecompressionLimits.Default, null);
        var limit = Assert.Throws<CompressionLimitException>(() =>
        {
            for (var read = decompressor.Read(bomb, step); read > 0; read = decompressor.Read(bomb, step))
            {
                opened += read;
            }
        });
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Contains($"{bomb.Length} compressed bytes", limit.Message, StringComparison.Ordinal);
        Assert.InRange(opened, 0, DecompressionLimits.Default.For(bomb.Length));
        Assert.True(allocated < 4 * bomb.Length + 1_000_000, $"{allocated} bytes were allocated");
    }

    [Fact]
    public void Snappy_that_claims_more_than_it_can_hold_is_refused_before_memory_is_taken()
    {
        byte[] liar = [0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0, 0];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Open(CompressionCodec.Snappy, liar));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Budget_of_a_request_ends_what_single_sections_may()
    {
        var section = Compress(CompressionCodec.Zstd, new byte[1 << 20], 3);
        var budget = new DecompressionBudget(5 << 20);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1 << 20, Open(CompressionCodec.Zstd, section, budget: budget).Length);
        }

        Assert.False(budget.IsSpent);
        Assert.Throws<CompressionLimitException>(() => Open(CompressionCodec.Zstd, section, budget: budget));
        Assert.True(budget.IsSpent);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Threads_do_not_disturb_each_other(string name) => Parallel.For(0, 64, i =>
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        var plain = Text(new Random(Seed + i), 20_000 + i);
        Assert.Equal(plain, Open(codec, Compress(codec, plain, CompressionLevels.DefaultOf(codec))));
    });

    [Theory]
    [InlineData("", 0x02CC5D05u)]
    [InlineData("a", 0x550D7456u)]
    [InlineData("abc", 0x32D153FFu)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2Fu)]
    public void Checksum_of_frames_has_the_published_values(string text, uint expected) =>
        Assert.Equal(expected, XxHash32.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Lz4_with_checksums_sizes_and_blocks_that_refer_to_each_other_is_opened()
    {
        // "abcd" sixteen times stored, then a block of one match that reaches 64 bytes back into it.
        var first = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("abcd", 16)));
        byte[] second = [0x1F, (byte)'!', 65, 0, 20, 0x50, (byte)'t', (byte)'h', (byte)'e', (byte)'e', (byte)'n'];
        var expected = Encoding.ASCII.GetString(first) + "!" + Encoding.ASCII.GetString(first)[..39] + "theen";
        var frame = Frame(first, second);
        Assert.Equal(expected, Encoding.ASCII.GetString(Open(CompressionCodec.Lz4, frame)));
        frame[^7] ^= 1;
        Assert.Throws<InvalidDataException>(() => Open(CompressionCodec.Lz4, frame));
    }

    [Fact]
    public void Lz4_header_with_a_wrong_checksum_is_refused()
    {
        var frame = Compress(CompressionCodec.Lz4, [1, 2, 3], 9);
        frame[6] ^= 0x10;
        Assert.Throws<InvalidDataException>(() => Open(CompressionCodec.Lz4, frame));
    }

    private static byte[] Frame(byte[] stored, byte[] block)
    {
        List<byte> frame = [0x04, 0x22, 0x4D, 0x18, 0x40 | 0x10 | 0x08, 0x40, .. new byte[8]];
        frame[6] = 109;
        frame.Add(Lz4Frame.HeaderChecksum(frame.ToArray().AsSpan(4)));
        foreach (var (bytes, bit) in ((byte[], uint)[])[(stored, Lz4Frame.StoredBit), (block, 0)])
        {
            var word = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(word, (uint)bytes.Length | bit);
            frame.AddRange(word);
            frame.AddRange(bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(word, XxHash32.Compute(bytes));
            frame.AddRange(word);
        }

        return [.. frame, 0, 0, 0, 0];
    }

    private static byte[] Damage(Random random, byte[] good)
    {
        var bad = random.Next(3) == 0 ? good[..random.Next(1, good.Length)] : good.ToArray();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            bad[random.Next(Math.Min(bad.Length, random.Next(2) == 0 ? 40 : bad.Length))] = (byte)random.Next(256);
        }

        return bad;
    }

    private static byte[] Bomb(CompressionCodec codec, int megabytes)
    {
        using var buffer = new PooledBuffer(int.MaxValue);
        using var compressor = Compressor.Create(codec, CompressionLevels.DefaultOf(codec), buffer);
        var zeros = new byte[1 << 20];
        for (var i = 0; i < megabytes; i++)
        {
            compressor.Write(zeros);
        }

        compressor.Finish();
        return buffer.Written.ToArray();
    }

    private static byte[] Compress(CompressionCodec codec, byte[] plain, int level)
    {
        using var buffer = new PooledBuffer(int.MaxValue);
        Compressor.Compress(codec, level, plain, buffer);
        return buffer.Written.ToArray();
    }

    private static byte[] Open(
        CompressionCodec codec, byte[] section, int step = 64 * 1024, DecompressionBudget? budget = null)
    {
        using var decompressor = Decompressor.Open(codec, section, DecompressionLimits.Default, budget);
        using var output = new MemoryStream();
        var buffer = new byte[step];
        for (var read = decompressor.Read(section, buffer); read > 0; read = decompressor.Read(section, buffer))
        {
            output.Write(buffer, 0, read);
        }

        return output.ToArray();
    }

    private static byte[] Noise(Random random, int size)
    {
        var bytes = new byte[size];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Text(Random random, int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++)
        {
            bytes[i] = i > 500 && i / 80 % 2 == 0 ? bytes[i - random.Next(80, 82)] : "abcdefgh 0123"u8[random.Next(13)];
        }

        return bytes;
    }
}
