namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record DescribeProducersRequest(TxnTopic[] Topics) : IRequest<DescribeProducersRequest>
{
    public static DescribeProducersRequest Read(ref WireReader r)
    {
        DescribeProducersRequest request = new(r.ReadArray(ReadTopic));
        r.SkipTags();
        return request;
    }

    private static TxnTopic ReadTopic(ref WireReader r)
    {
        TxnTopic topic = new(r.ReadString(), r.ReadInt32Array());
        r.SkipTags();
        return topic;
    }
}

internal sealed record DescribedProducers(int Index, ErrorCode Error, IReadOnlyList<ProducerDescription> Producers);

internal sealed record DescribeProducersResponse((string Name, DescribedProducers[] Partitions)[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteArray(topic.Partitions, WritePartition);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }

    private static void WritePartition(WireWriter w, DescribedProducers partition)
    {
        w.WriteInt32(partition.Index);
        w.WriteError(partition.Error);
        w.WriteNullableString(null);
        w.WriteArray(partition.Producers, static (w, producer) =>
        {
            w.WriteInt64(producer.ProducerId);
            w.WriteInt32(producer.ProducerEpoch);
            w.WriteInt32(producer.LastSequence);
            w.WriteInt64(producer.LastTimestamp);
            w.WriteInt32(producer.CoordinatorEpoch);
            w.WriteInt64(producer.OpenTransactionFirstOffset);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
