using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class RecordInspectionTests : IDisposable
{
    private const long Hour = 3_600_000;
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public static TheoryData<string> Codecs => [.. Enum.GetNames<CompressionCodec>()];

    public static TheoryData<string, string> Pairs()
    {
        TheoryData<string, string> pairs = [];
        foreach (var from in Enum.GetNames<CompressionCodec>())
        {
            foreach (var to in Enum.GetNames<CompressionCodec>())
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Keyless_records_on_compacted_topics_are_named_one_by_one_as_Apache_Kafka_does(string name)
    {
        using var log = Open(new LogOptions { CleanupPolicy = CleanupPolicy.Compact });
        var batch = Build(name, (0, true), (0, false), (0, true), (0, false));
        var result = log.Append(batch, AppendOrigin.Client);
        Assert.Equal((ErrorCode.InvalidRecord, null, 0L), (result.Error, result.Message, log.LogEndOffset));
        Assert.Equal([1, 3], result.Rejected!.Indexes);
        const string Reason = "Compacted topic cannot accept message without key in topic partition c-0";
        Assert.Equal(Reason, result.Rejected.MessageAt(0, "c-0"));
        Assert.Equal(
            "One or more records have been rejected due to 2 record errors in total, and only showing the first three errors "
            + $"at most: [RecordError(batchIndex=1, message='{Reason}'), RecordError(batchIndex=3, message='{Reason}')]",
            result.Rejected.Summary("c-0"));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Timestamps_out_of_range_are_named_one_by_one_as_Apache_Kafka_does(string name)
    {
        var now = _clock.NowMs();
        using var log = Open(new LogOptions { MessageTimestampAfterMaxMs = Hour, MessageTimestampBeforeMaxMs = 2 * Hour });
        var result = log.Append(Build(name, (0, true), (3 * Hour, true), (-3 * Hour, false), (Hour, true)), AppendOrigin.Client);
        Assert.Equal((ErrorCode.InvalidTimestamp, 0L), (result.Error, log.LogEndOffset));
        Assert.Equal([1, 2], result.Rejected!.Indexes);
        Assert.Equal("One or more records have been rejected due to invalid timestamp", result.Rejected.Summary("d-0"));
        Assert.Equal(
            $"Timestamp {now + (3 * Hour)} of message with offset 1 is out of range. "
            + $"The timestamp should be within [{now - (2 * Hour)}, {now + Hour}]",
            result.Rejected.MessageAt(0, "d-0"));
        Assert.True(log.Append(Build(name, (0, true), (Hour, true), (-2 * Hour, true)), AppendOrigin.Client).IsSuccess);
    }

    [Fact]
    public void Timestamp_decides_the_error_of_a_batch_with_keyless_records_too()
    {
        using var log = Open(new LogOptions { CleanupPolicy = CleanupPolicy.Compact, MessageTimestampAfterMaxMs = Hour });
        var result = log.Append(Build("None", (0, false), (3 * Hour, true), (3 * Hour, false)), AppendOrigin.Client);
        Assert.Equal(ErrorCode.InvalidTimestamp, result.Error);
        Assert.Equal([0, 1, 2], result.Rejected!.Indexes);
        Assert.StartsWith("Compacted topic", result.Rejected.MessageAt(2, "c-0"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Header_that_claims_another_time_than_its_records_have_is_put_right_where_they_are_looked_at(string name)
    {
        using var log = Open(new LogOptions { MessageTimestampAfterMaxMs = Hour });
        var batch = Build(name, (0, true), (-1, true));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.MaxTimestampAt), _clock.NowMs() + (1000 * Hour));
        RecordBatch.WriteCrc(batch);

        Assert.True(log.Append(batch, AppendOrigin.Client).IsSuccess);

        Assert.Equal(_clock.NowMs(), StoredAt(log, 0).MaxTimestamp);
        Assert.Equal(_clock.NowMs(), log.Segments[0].MaxTimestamp);
    }

    [Fact]
    public void List_of_rejected_records_ends_where_an_answer_would_outgrow_its_request()
    {
        using var log = Open(new LogOptions { CleanupPolicy = CleanupPolicy.Compact });
        var batch = Build("Zstd", [.. Enumerable.Repeat((0L, false), 5000)]);
        var rejected = log.Append(batch, AppendOrigin.Client).Rejected!;
        Assert.Equal((RejectedRecords.MostListed, 5000), (rejected.Indexes.Count(), rejected.Count));
        Assert.StartsWith(
            "One or more records have been rejected due to 5000 record errors", rejected.Summary("c-0"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Topic_with_a_codec_of_its_own_stores_batches_in_it_and_nothing_else_changes(string from, string to)
    {
        var codec = Enum.Parse<CompressionCodec>(to);
        using var log = Open(new LogOptions { Codec = codec });
        log.Append(Batches.Of("before"), AppendOrigin.Client);
        var plain = Batches.Produced(7, 3, 0, records: 50);
        var result = log.Append(Batches.Compressed(Enum.Parse<CompressionCodec>(from), plain), AppendOrigin.Client);
        Assert.Equal((ErrorCode.None, 1L, 51L), (result.Error, result.BaseOffset, result.EndOffset));
        var header = StoredAt(log, 1);
        Assert.Equal((codec, 50, 7L, 3, 0), (header.Codec, header.RecordCount, header.ProducerId, header.ProducerEpoch, header.BaseSequence));
        Assert.Equal(1_700_000_000_000, header.MaxTimestamp);
        Assert.Equal(
            Enumerable.Range(0, 50).Select(i => (1L + i, "k", (string?)$"7/{i}")), Batches.ReadAll(log, 1));
        Assert.True(log.Append(Batches.Produced(7, 3, 0, records: 50), AppendOrigin.Client).IsDuplicate);
    }

    [Fact]
    public void Recompressed_batches_of_a_log_append_time_topic_carry_the_brokers_time()
    {
        using var log = Open(new LogOptions { Codec = CompressionCodec.Lz4, MessageTimestampType = TimestampType.LogAppendTime });
        Assert.Equal(_clock.NowMs(), log.Append(Batches.Of("a", "b"), AppendOrigin.Client).LogAppendTimeMs);
        var header = StoredAt(log, 0);
        Assert.Equal((CompressionCodec.Lz4, true, _clock.NowMs()), (header.Codec, header.IsLogAppendTime, header.MaxTimestamp));
        Assert.Equal(2, Batches.ReadAll(log).Count);
    }

    [Fact]
    public void Level_of_the_topic_decides_how_small_a_batch_gets()
    {
        using var fast = Open(new LogOptions { Codec = CompressionCodec.Gzip, GzipLevel = 1 }, "fast");
        using var small = Open(new LogOptions { Codec = CompressionCodec.Gzip, GzipLevel = 9 }, "small");
        string[] values = [.. Enumerable.Range(0, 500).Select(static i => $"value {i * i} of {i}")];
        fast.Append(Batches.Of(values), AppendOrigin.Client);
        small.Append(Batches.Of(values), AppendOrigin.Client);
        Assert.True(small.SizeInBytes < fast.SizeInBytes, $"{small.SizeInBytes} and {fast.SizeInBytes}");
    }

    [Fact]
    public void Batch_too_large_once_it_is_uncompressed_is_refused()
    {
        using var log = Open(new LogOptions { Codec = CompressionCodec.None, MaxMessageBytes = 10_000 });
        var batch = Batches.Compressed(CompressionCodec.Zstd, Batches.Of(new string('x', 20_000)));
        Assert.Equal(ErrorCode.MessageTooLarge, log.Append(batch, AppendOrigin.Client).Error);
        Assert.Equal(0, log.LogEndOffset);
    }

    [Theory]
    [InlineData("garbage", (int)ErrorCode.InvalidRecord)]
    [InlineData("fewer", (int)ErrorCode.InvalidRecord)]
    [InlineData("more", (int)ErrorCode.InvalidRecord)]
    [InlineData("bomb", (int)ErrorCode.MessageTooLarge)]
    [InlineData("many", (int)ErrorCode.RequestTimedOut)]
    public void Sections_that_are_not_what_they_say_or_cost_too_much_are_refused_where_they_are_opened(string what, int error)
    {
        using var log = Open(new LogOptions { CleanupPolicy = CleanupPolicy.Compact });
        var batch = Batches.Of("a", "b");
        var budget = new DecompressionBudget(what == "many" ? 10 : DecompressionBudget.DefaultBytes);
        var bad = what switch
        {
            "garbage" => Batches.WithSection(batch, CompressionCodec.Gzip, "no gzip"u8),
            "fewer" => Batches.WithSection(batch, CompressionCodec.Gzip, Section(Batches.Of("a"))),
            "more" => Batches.WithSection(batch, CompressionCodec.Gzip, Section(Batches.Of("a", "b", "c"))),
            "bomb" => Batches.WithSection(batch, CompressionCodec.Gzip, Section(Batches.Of("a", new string('x', 40 << 20)))),
            _ => Batches.Compressed(CompressionCodec.Gzip, batch),
        };
        var result = log.Append(bad, AppendOrigin.Client, budget);
        Assert.Equal(((ErrorCode)error, 0L), (result.Error, log.LogEndOffset));
        Assert.NotNull(result.Message);
    }

    private static byte[] Section(byte[] batch) =>
        Batches.Compressed(CompressionCodec.Gzip, batch)[RecordBatch.HeaderSize..];

    private static BatchHeader StoredAt(PartitionLog log, long offset)
    {
        var buffer = new ArrayBufferWriter<byte>();
        log.Read(offset, 1 << 20, true, false, buffer);
        Assert.True(BatchHeader.TryRead(buffer.WrittenSpan, out var header));
        Assert.True(RecordBatch.IsCrcValid(buffer.WrittenSpan[..header.TotalSize]));
        return header;
    }

    private byte[] Build(string codec, params (long After, bool HasKey)[] records)
    {
        var builder = new RecordBatchBuilder();
        foreach (var (after, hasKey) in records)
        {
            if (hasKey)
            {
                builder.Add(_clock.NowMs() + after, "k"u8, "v"u8);
            }
            else
            {
                builder.AddKeyless(_clock.NowMs() + after, "v"u8);
            }
        }

        return Batches.Compressed(Enum.Parse<CompressionCodec>(codec), builder.Build());
    }

    private PartitionLog Open(LogOptions options, string name = "log") =>
        PartitionLog.Open(_temporary.Sub(name), options, _clock);
}
