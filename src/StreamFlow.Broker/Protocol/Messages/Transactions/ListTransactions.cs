namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>Empty filters take everything; a duration below 0 takes transactions of any age.</summary>
internal sealed record ListTransactionsRequest(string[] StateFilters, long[] ProducerIdFilters, long DurationMs)
    : IRequest<ListTransactionsRequest>
{
    public static ListTransactionsRequest Read(ref WireReader r)
    {
        ListTransactionsRequest request = new(
            r.ReadStringArray(),
            r.ReadArray(static (ref WireReader r) => r.ReadInt64()),
            r.Version >= 1 ? r.ReadInt64() : -1);
        r.SkipTags();
        return request;
    }
}

internal readonly record struct ListedTransaction(string TransactionalId, long ProducerId, string State);

internal sealed record ListTransactionsResponse(
    ErrorCode Error, string[] UnknownStateFilters, ListedTransaction[] Transactions) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteError(Error);
        w.WriteArray(UnknownStateFilters, static (w, state) => w.WriteString(state));
        w.WriteArray(Transactions, static (w, transaction) =>
        {
            w.WriteString(transaction.TransactionalId);
            w.WriteInt64(transaction.ProducerId);
            w.WriteString(transaction.State);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
