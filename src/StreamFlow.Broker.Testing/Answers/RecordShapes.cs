using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests that write and read records, and that look for them.</summary>
internal static class RecordShapes
{
    private const long Nowhere = -1;

    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Of<ProduceRequest>(
            BrokerApi.Produce, static (r, e, _) => Produce(r, e), static r => r.TopicData.Select(static t => new NamedTopic(t.Name, t.TopicId))),
        RequestShape.Of<FetchRequest>(
            BrokerApi.Fetch, static (r, e, _) => Fetch(r, e), static r => r.Topics.Select(static t => new NamedTopic(t.Topic, t.TopicId))),
        RequestShape.Of<ListOffsetsRequest>(
            BrokerApi.ListOffsets, static (r, e, _) => ListOffsets(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<OffsetForLeaderEpochRequest>(
            BrokerApi.OffsetForLeaderEpoch, static (r, e, _) => EndOffsets(r, e), static r => Names(r.Topics.Select(static t => t.Topic))),
        RequestShape.Of<DeleteRecordsRequest>(
            BrokerApi.DeleteRecords, static (r, e, _) => DeleteRecords(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<DescribeProducersRequest>(
            BrokerApi.DescribeProducers, static (r, e, _) => Producers(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
    ];

    private static ProduceResponse Produce(ProduceRequest request, ErrorCode error) => new()
    {
        Responses = Each(request.TopicData, topic => new ProduceResponseResponses
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            PartitionResponses = Each(topic.PartitionData, partition => new ProduceResponsePartitionResponses
            {
                Index = partition.Index,
                ErrorCode = error,
                BaseOffset = Nowhere,
            }),
        }),
    };

    private static FetchResponse Fetch(FetchRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        SessionId = request.SessionId,
        Responses = Each(request.Topics, topic => new FetchResponseResponses
        {
            Topic = topic.Topic,
            TopicId = topic.TopicId,
            Partitions = Each(topic.Partitions, partition => new FetchResponsePartitions
            {
                PartitionIndex = partition.Partition,
                ErrorCode = error,
                HighWatermark = Nowhere,
                Records = WireRecords.Empty,
            }),
        }),
    };

    private static ListOffsetsResponse ListOffsets(ListOffsetsRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new ListOffsetsResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.Partitions, partition => new ListOffsetsResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error,
            }),
        }),
    };

    private static OffsetForLeaderEpochResponse EndOffsets(OffsetForLeaderEpochRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new OffsetForLeaderEpochResponseTopics
        {
            Topic = topic.Topic,
            Partitions = Each(topic.Partitions, partition => new OffsetForLeaderEpochResponsePartitions
            {
                Partition = partition.Partition,
                ErrorCode = error,
            }),
        }),
    };

    private static DeleteRecordsResponse DeleteRecords(DeleteRecordsRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new DeleteRecordsResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.Partitions, partition => new DeleteRecordsResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                LowWatermark = Nowhere,
                ErrorCode = error,
            }),
        }),
    };

    private static DescribeProducersResponse Producers(DescribeProducersRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new DescribeProducersResponseTopics
        {
            Name = topic.Name,
            Partitions = Each(topic.PartitionIndexes, partition => new DescribeProducersResponsePartitions
            {
                PartitionIndex = partition,
                ErrorCode = error,
            }),
        }),
    };
}
