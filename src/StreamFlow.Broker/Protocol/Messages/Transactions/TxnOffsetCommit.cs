namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record TxnOffsetCommitRequest : IRequest<TxnOffsetCommitRequest>
{
    private const short GroupMetadataFrom = 3;
    private const short LeaderEpochFrom = 2;

    public required string TransactionalId { get; init; }

    public required string GroupId { get; init; }

    public required long ProducerId { get; init; }

    public required short ProducerEpoch { get; init; }

    /// <summary>−1 below version 3, which does not carry who commits.</summary>
    public required int GenerationId { get; init; }

    public required string MemberId { get; init; }

    public required string? GroupInstanceId { get; init; }

    public required OffsetCommitTopic[] Topics { get; init; }

    public static TxnOffsetCommitRequest Read(ref WireReader r)
    {
        TxnOffsetCommitRequest request = new()
        {
            TransactionalId = r.ReadString(),
            GroupId = r.ReadString(),
            ProducerId = r.ReadInt64(),
            ProducerEpoch = r.ReadInt16(),
            GenerationId = r.Version >= GroupMetadataFrom ? r.ReadInt32() : -1,
            MemberId = r.Version >= GroupMetadataFrom ? r.ReadString() : "",
            GroupInstanceId = r.Version >= GroupMetadataFrom ? r.ReadNullableString() : null,
            Topics = r.ReadArray(ReadTopic),
        };
        r.SkipTags();
        return request;
    }

    private static OffsetCommitTopic ReadTopic(ref WireReader r)
    {
        OffsetCommitTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static OffsetCommitPartition ReadPartition(ref WireReader r)
    {
        OffsetCommitPartition partition = new(
            r.ReadInt32(), r.ReadInt64(), r.Version >= LeaderEpochFrom ? r.ReadInt32() : -1, r.ReadNullableString());
        r.SkipTags();
        return partition;
    }
}

internal sealed record TxnOffsetCommitResponse(TopicErrors[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, TopicErrorsWriter.Write);
        w.WriteEmptyTags();
    }
}
