namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record AddOffsetsToTxnRequest(
    string TransactionalId, long ProducerId, short ProducerEpoch, string GroupId) : IRequest<AddOffsetsToTxnRequest>
{
    public static AddOffsetsToTxnRequest Read(ref WireReader r)
    {
        AddOffsetsToTxnRequest request = new(r.ReadString(), r.ReadInt64(), r.ReadInt16(), r.ReadString());
        r.SkipTags();
        return request;
    }
}

/// <summary>The answer to AddOffsetsToTxn and to EndTxn: nothing but an error.</summary>
internal sealed record TxnErrorResponse(ErrorCode Error) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteError(Error);
        w.WriteEmptyTags();
    }
}
