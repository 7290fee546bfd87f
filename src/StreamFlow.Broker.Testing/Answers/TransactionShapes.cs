using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests of idempotent and transactional producers, and about transactions.</summary>
internal static class TransactionShapes
{
    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Flat<InitProducerIdRequest>(
            BrokerApi.InitProducerId, static e => new InitProducerIdResponse { ErrorCode = e, ProducerEpoch = -1 }),
        RequestShape.Of<AddPartitionsToTxnRequest>(BrokerApi.AddPartitionsToTxn, AddPartitions, static r => AddedBy(r)),
        RequestShape.Flat<AddOffsetsToTxnRequest>(BrokerApi.AddOffsetsToTxn, static e => new AddOffsetsToTxnResponse { ErrorCode = e }),
        RequestShape.Of<TxnOffsetCommitRequest>(
            BrokerApi.TxnOffsetCommit, static (r, e, _) => CommitOffsets(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Flat<EndTxnRequest>(BrokerApi.EndTxn, static e => new EndTxnResponse { ErrorCode = e }),
        RequestShape.Of<WriteTxnMarkersRequest>(
            BrokerApi.WriteTxnMarkers, static (r, e, _) => WriteMarkers(r, e),
            static r => Names(r.Markers.SelectMany(static m => m.Topics).Select(static t => t.Name))),
        RequestShape.Of<DescribeTransactionsRequest>(BrokerApi.DescribeTransactions, static (r, e, _) => new DescribeTransactionsResponse
        {
            TransactionStates = Each(r.TransactionalIds, id => new DescribeTransactionsResponseTransactionStates { ErrorCode = e, TransactionalId = id }),
        }),
        RequestShape.Flat<ListTransactionsRequest>(BrokerApi.ListTransactions, static e => new ListTransactionsResponse { ErrorCode = e }),
    ];

    private static IEnumerable<NamedTopic> AddedBy(AddPartitionsToTxnRequest request) =>
        Names(request.V3AndBelowTopics.Concat(request.Transactions.SelectMany(static x => x.Topics)).Select(static topic => topic.Name));

    private static AddPartitionsToTxnResponse AddPartitions(AddPartitionsToTxnRequest request, ErrorCode error, short version) => new()
    {
        ErrorCode = error,
        ResultsByTopicV3AndBelow = Each(request.V3AndBelowTopics, topic => Added(topic, error)),
        ResultsByTransaction = Each(request.Transactions, transaction => new AddPartitionsToTxnResponseResultsByTransaction
        {
            TransactionalId = transaction.TransactionalId,
            TopicResults = Each(transaction.Topics, topic => Added(topic, error)),
        }),
    };

    private static AddPartitionsToTxnResponseTopicResult Added(AddPartitionsToTxnRequestTopic topic, ErrorCode error) => new()
    {
        Name = topic.Name,
        ResultsByPartition = Each(topic.Partitions, partition => new AddPartitionsToTxnResponsePartitionResult
        {
            PartitionIndex = partition,
            PartitionErrorCode = error,
        }),
    };

    private static TxnOffsetCommitResponse CommitOffsets(TxnOffsetCommitRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new TxnOffsetCommitResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.Partitions, partition => new TxnOffsetCommitResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error,
            }),
        }),
    };

    private static WriteTxnMarkersResponse WriteMarkers(WriteTxnMarkersRequest request, ErrorCode error) => new()
    {
        Markers = Each(request.Markers, marker => new WriteTxnMarkersResponseMarkers
        {
            ProducerId = marker.ProducerId,
            Topics = Each(marker.Topics, topic => new WriteTxnMarkersResponseTopics
            {
                Name = topic.Name,
                Partitions = Each(topic.PartitionIndexes, partition => new WriteTxnMarkersResponsePartitions
                {
                    PartitionIndex = partition,
                    ErrorCode = error,
                }),
            }),
        }),
    };
}
