namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record EndTxnRequest(
    string TransactionalId, long ProducerId, short ProducerEpoch, bool Committed) : IRequest<EndTxnRequest>
{
    public static EndTxnRequest Read(ref WireReader r)
    {
        EndTxnRequest request = new(r.ReadString(), r.ReadInt64(), r.ReadInt16(), r.ReadBool());
        r.SkipTags();
        return request;
    }
}
