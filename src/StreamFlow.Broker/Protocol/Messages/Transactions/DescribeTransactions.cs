namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record DescribeTransactionsRequest(string[] TransactionalIds) : IRequest<DescribeTransactionsRequest>
{
    public static DescribeTransactionsRequest Read(ref WireReader r)
    {
        DescribeTransactionsRequest request = new(r.ReadStringArray());
        r.SkipTags();
        return request;
    }
}

internal sealed record DescribedTransaction
{
    public required ErrorCode Error { get; init; }

    public required string TransactionalId { get; init; }

    public string State { get; init; } = "";

    public int TimeoutMs { get; init; }

    public long StartMs { get; init; } = -1;

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public TxnTopic[] Topics { get; init; } = [];
}

internal sealed record DescribeTransactionsResponse(DescribedTransaction[] Transactions) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Transactions, WriteTransaction);
        w.WriteEmptyTags();
    }

    private static void WriteTransaction(WireWriter w, DescribedTransaction transaction)
    {
        w.WriteError(transaction.Error);
        w.WriteString(transaction.TransactionalId);
        w.WriteString(transaction.State);
        w.WriteInt32(transaction.TimeoutMs);
        w.WriteInt64(transaction.StartMs);
        w.WriteInt64(transaction.ProducerId);
        w.WriteInt16(transaction.ProducerEpoch);
        w.WriteArray(transaction.Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteInt32Array(topic.Partitions);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
