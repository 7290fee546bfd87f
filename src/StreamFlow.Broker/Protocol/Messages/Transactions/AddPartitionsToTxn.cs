namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct TxnTopic(string Name, int[] Partitions);

internal sealed record AddPartitionsToTxnRequest(
    string TransactionalId, long ProducerId, short ProducerEpoch, TxnTopic[] Topics) : IRequest<AddPartitionsToTxnRequest>
{
    public static AddPartitionsToTxnRequest Read(ref WireReader r)
    {
        AddPartitionsToTxnRequest request = new(r.ReadString(), r.ReadInt64(), r.ReadInt16(), r.ReadArray(ReadTopic));
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

internal sealed record AddPartitionsToTxnResponse(TopicErrors[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, TopicErrorsWriter.Write);
        w.WriteEmptyTags();
    }
}
