using StreamFlow.Protocol.Messages;

namespace StreamFlow.Protocol.Tests;

/// <summary>What a version cannot carry, and what it does not know.</summary>
public sealed class VersionTests
{
    [Fact]
    public void A_field_that_the_version_lacks_is_an_error_when_it_says_something()
    {
        var request = new ProduceRequest { TopicData = [new ProduceRequestTopicData { Name = "orders" }] };
        Write(request, 9);

        var fetch = new FetchRequest { ReplicaState = new FetchRequestReplicaState { ReplicaId = 1 } };
        var refused = Assert.Throws<UnsupportedVersionException>(() => Write(fetch, 12));

        Assert.Equal(
            "ReplicaState of FetchRequest is set, and version 12 has no place for it (versions 15 to 18 have): leave it at its default, or send one of those.",
            refused.Message);
    }

    [Fact]
    public void An_ignorable_field_that_the_version_lacks_is_left_out()
    {
        var with = Write(new FetchRequest { RackId = "rack", SessionEpoch = 7 }, 4);

        Assert.Equal(Write(new FetchRequest(), 4), with);
    }

    [Fact]
    public void A_message_has_no_other_versions_than_its_own()
    {
        Assert.Equal(
            "FetchRequest has no version 3: it has versions 4 to 18.",
            Assert.Throws<UnsupportedVersionException>(() => Write(new FetchRequest(), 3)).Message);
        Assert.Throws<UnsupportedVersionException>(() =>
        {
            var reader = new WireReader(new byte[100]) { Version = 19 };
            FetchRequest.Read(ref reader);
        });
    }

    [Fact]
    public void Tagged_fields_that_nobody_knows_are_skipped()
    {
        var bytes = Write(new HeartbeatResponse { ErrorCode = ErrorCode.RebalanceInProgress }, 4);
        Assert.Equal(0, bytes[^1]);
        byte[] tagged = [.. bytes[..^1], 2, 5, 1, 0xFF, 200, 1, 2, 1, 2];

        var reader = new WireReader(tagged) { Version = 4 };

        Assert.Equal(ErrorCode.RebalanceInProgress, HeartbeatResponse.Read(ref reader).ErrorCode);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void A_tagged_field_that_is_not_as_long_as_it_says_is_refused()
    {
        var bytes = Write(new FetchRequest { ClusterId = "abc" }, 12);
        Assert.Equal([1, 0, 4, 4], bytes[^7..^3]);
        bytes[^5] = 3;

        Assert.Throws<ProtocolException>(() =>
        {
            var reader = new WireReader(bytes) { Version = 12 };
            FetchRequest.Read(ref reader);
        });
    }

    [Fact]
    public void A_long_tagged_field_has_its_size_in_front()
    {
        var id = new string('x', 300);
        var bytes = Write(new FetchRequest { ClusterId = id }, 12);

        var reader = new WireReader(bytes) { Version = 12 };

        Assert.Equal(id, FetchRequest.Read(ref reader).ClusterId);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void Records_are_neither_copied_in_nor_out()
    {
        byte[] batch = [1, 2, 3];
        using var writer = new WireWriter { Version = 9 };
        Produce(WireRecords.Of(batch)).Write(writer);
        var pieces = writer.Complete();
        Assert.Contains(pieces, piece => ReferenceEquals(piece.Array, batch));

        byte[] frame = [.. pieces.SelectMany(piece => piece).Skip(sizeof(int))];
        var reader = new WireReader(frame) { Version = 9 };
        var read = ProduceRequest.Read(ref reader).TopicData[0].PartitionData[0].Records;
        Assert.Equal(batch, read.Memory.ToArray());
        Assert.True(frame.AsSpan().Overlaps(read.Memory.Span));
    }

    [Fact]
    public void Null_and_no_records_are_not_the_same()
    {
        foreach (var records in new[] { default, WireRecords.Empty })
        {
            var reader = new WireReader(Write(Produce(records), 9)) { Version = 9 };
            Assert.Equal(records.IsNull, ProduceRequest.Read(ref reader).TopicData[0].PartitionData[0].Records.IsNull);
        }
    }

    [Fact]
    public void The_table_of_APIs_says_versions_and_headers()
    {
        Assert.Equal(new KafkaApi(ApiKey.Fetch, 4, 18, 18, 12), KafkaApis.Find(ApiKey.Fetch));
        Assert.Equal((short)5, KafkaApis.Find(ApiKey.InitProducerId)!.MaxStableVersion);
        Assert.Equal((short)0, KafkaApis.Find(ApiKey.ApiVersions)!.ResponseHeaderVersion(4));
        Assert.Equal((short)2, KafkaApis.Find(ApiKey.ApiVersions)!.RequestHeaderVersion(4));
        Assert.Equal(KafkaApis.All.Select(api => api.Key), Enum.GetValues<ApiKey>());
    }

    private static ProduceRequest Produce(WireRecords records) => new()
    {
        TopicData = [new ProduceRequestTopicData { PartitionData = [new ProduceRequestPartitionData { Records = records }] }],
    };

    private static byte[] Write<T>(T message, short version)
        where T : IWireType<T>
    {
        using var writer = new WireWriter { Version = version };
        message.Write(writer);
        return [.. writer.Complete().SelectMany(piece => piece).Skip(sizeof(int))];
    }
}
