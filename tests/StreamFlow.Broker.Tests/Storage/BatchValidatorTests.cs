using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class BatchValidatorTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Crc32C_matches_the_published_check_value() =>
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void Marker_has_the_size_clients_know() =>
        Assert.Equal(78, Batches.Marker(5, 0, commit: true).Length);

    [Fact]
    public void Append_of_a_batch_with_any_bit_flipped_never_succeeds_unnoticed()
    {
        using var log = Open();
        var good = Batches.Of("value", "other");
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            var at = bit / 8;
            var result = log.Append(bad, AppendOrigin.Client);
            // The leader epoch is the broker's to write, so what a producer puts there means nothing.
            if (at is >= RecordBatch.LeaderEpochAt and < RecordBatch.MagicAt)
            {
                Assert.Equal(ErrorCode.None, result.Error);
            }
            else
            {
                Assert.NotEqual(ErrorCode.None, result.Error);
            }
        }

        Assert.Equal(64, log.LogEndOffset);
    }

    [Fact]
    public void Append_of_random_bytes_never_throws()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        using var log = Open();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            if (bytes.Length > RecordBatch.HeaderSize && random.Next(2) == 0)
            {
                bytes[RecordBatch.MagicAt] = 2;
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatch.LengthAt), bytes.Length - 12);
                RecordBatch.WriteCrc(bytes);
            }

            Assert.True(log.Append(bytes, AppendOrigin.Client).Error != ErrorCode.None, $"seed {Seed}, round {i}");
        }

        Assert.Equal(0, log.LogEndOffset);
    }

    [Fact]
    public void Record_reader_never_throws_on_random_records()
    {
        const int Seed = 99;
        var random = new Random(Seed);
        for (var i = 0; i < 20_000; i++)
        {
            var batch = Batches.Of("value", "other");
            random.NextBytes(batch.AsSpan(RecordBatch.HeaderSize + random.Next(batch.Length - RecordBatch.HeaderSize)));
            var reader = new RecordReader(batch);
            var count = 0;
            while (reader.MoveNext())
            {
                count++;
            }

            Assert.True(count <= 2, $"seed {Seed}, round {i}");
        }
    }

    [Theory]
    [InlineData("empty", (int)ErrorCode.InvalidRecord)]
    [InlineData("short", (int)ErrorCode.CorruptMessage)]
    [InlineData("cut", (int)ErrorCode.CorruptMessage)]
    [InlineData("two batches", (int)ErrorCode.InvalidRecord)]
    [InlineData("magic 1", (int)ErrorCode.InvalidRecord)]
    [InlineData("crc", (int)ErrorCode.CorruptMessage)]
    [InlineData("base offset", (int)ErrorCode.InvalidRecord)]
    [InlineData("count", (int)ErrorCode.InvalidRecord)]
    [InlineData("huge count", (int)ErrorCode.InvalidRecord)]
    [InlineData("control", (int)ErrorCode.InvalidRecord)]
    [InlineData("no sequence", (int)ErrorCode.InvalidRecord)]
    [InlineData("codec 5", (int)ErrorCode.UnsupportedCompressionType)]
    [InlineData("delete horizon", (int)ErrorCode.InvalidRecord)]
    [InlineData("transactional without producer", (int)ErrorCode.InvalidRecord)]
    [InlineData("too large", (int)ErrorCode.MessageTooLarge)]
    [InlineData("larger than a segment", (int)ErrorCode.RecordListTooLarge)]
    [InlineData("too new", (int)ErrorCode.InvalidTimestamp)]
    [InlineData("too old", (int)ErrorCode.InvalidTimestamp)]
    [InlineData("keyless on compacted", (int)ErrorCode.InvalidRecord)]
    public void Append_of_an_unacceptable_batch_answers_its_error_and_appends_nothing(string what, int expected)
    {
        var options = new LogOptions
        {
            MaxMessageBytes = 2000,
            SegmentBytes = what == "larger than a segment" ? 1500 : 100_000,
            MessageTimestampAfterMaxMs = 60_000,
            MessageTimestampBeforeMaxMs = 3_600_000,
            CleanupPolicy = what.StartsWith("keyless", StringComparison.Ordinal)
                ? CleanupPolicy.Compact : CleanupPolicy.Delete,
        };
        using var log = PartitionLog.Open(_temporary.Sub("log"), options, _clock);
        var result = log.Append(Make(what), AppendOrigin.Client);
        Assert.Equal((ErrorCode)expected, result.Error);
        Assert.NotNull(result.Message ?? result.Rejected?.Summary("t-0"));
        Assert.Equal(0, log.LogEndOffset);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("fine"), AppendOrigin.Client).Error);
    }

    private byte[] Make(string what)
    {
        var batch = Batches.At(_clock.NowMs(), "a");
        switch (what)
        {
            case "empty": return [];
            case "short": return batch[..40];
            case "cut": return batch[..^1];
            case "two batches": return [.. batch, .. batch];
            case "magic 1": batch[RecordBatch.MagicAt] = 1; return batch;
            case "crc": batch[^1] ^= 1; return batch;
            case "base offset": RecordBatch.AssignOffset(batch, 7, 0); return batch;
            case "count": return With(batch, RecordBatch.RecordCountAt, 2);
            case "huge count":
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LastOffsetDeltaAt), int.MaxValue - 1);
                return With(batch, RecordBatch.RecordCountAt, int.MaxValue);
            case "control": return Batches.Marker(1, 0, true);
            case "no sequence": return Batches.Produced(1, 0, -1);
            case "codec 5": return WithAttributes(batch, 5);
            case "delete horizon": return WithAttributes(batch, RecordBatch.DeleteHorizonBit);
            case "transactional without producer": return WithAttributes(batch, RecordBatch.TransactionalBit);
            case "too large": return Batches.At(_clock.NowMs(), new string('x', 2000));
            case "larger than a segment": return Batches.At(_clock.NowMs(), new string('x', 370), new string('x', 400));
            case "too new": return Batches.At(_clock.NowMs() + 60_001, "a");
            case "too old": return Batches.At(_clock.NowMs() - 3_600_001, "a");
            default:
                var builder = new RecordBatchBuilder();
                builder.AddKeyless(_clock.NowMs(), [1]);
                return builder.Build().ToArray();
        }
    }

    private static byte[] With(byte[] batch, int at, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(at), value);
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    private static byte[] WithAttributes(byte[] batch, short attributes)
    {
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.AttributesAt), attributes);
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    private PartitionLog Open() => PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, _clock);
}
