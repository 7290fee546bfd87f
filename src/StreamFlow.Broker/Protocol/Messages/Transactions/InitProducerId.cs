namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>Asks for a producer id; a null transactional id means a producer that is idempotent only.</summary>
internal sealed record InitProducerIdRequest(
    string? TransactionalId, int TransactionTimeoutMs, long ProducerId, short ProducerEpoch)
    : IRequest<InitProducerIdRequest>
{
    public static InitProducerIdRequest Read(ref WireReader r)
    {
        InitProducerIdRequest request = new(
            r.ReadNullableString(),
            r.ReadInt32(),
            r.Version >= 3 ? r.ReadInt64() : -1,
            r.Version >= 3 ? r.ReadInt16() : (short)-1);
        r.SkipTags();
        return request;
    }
}

internal sealed record InitProducerIdResponse(ErrorCode Error, long ProducerId, short ProducerEpoch) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteError(Error);
        w.WriteInt64(ProducerId);
        w.WriteInt16(ProducerEpoch);
        w.WriteEmptyTags();
    }
}
