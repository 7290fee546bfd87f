using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests about topics, where their partitions are, and the cluster.</summary>
internal static class TopicShapes
{
    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Of<ApiVersionsRequest>(BrokerApi.ApiVersions, static (_, e, v) => ApiVersionsHandler.Answer(e, v)),
        RequestShape.Of<MetadataRequest>(
            BrokerApi.Metadata, static (r, e, _) => Metadata(r, e), static r => (r.Topics ?? []).Select(static t => new NamedTopic(t.Name, t.TopicId))),
        RequestShape.Of<DescribeTopicPartitionsRequest>(
            BrokerApi.DescribeTopicPartitions, static (r, e, _) => TopicPartitions(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<CreateTopicsRequest>(
            BrokerApi.CreateTopics, static (r, e, _) => CreateTopics(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<DeleteTopicsRequest>(BrokerApi.DeleteTopics, DeleteTopics, static r => DeletedBy(r)),
        RequestShape.Of<CreatePartitionsRequest>(
            BrokerApi.CreatePartitions, static (r, e, _) => CreatePartitions(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Of<ElectLeadersRequest>(
            BrokerApi.ElectLeaders, ElectLeaders, static r => Names((r.TopicPartitions ?? []).Select(static t => t.Topic))),
        RequestShape.Of<AlterPartitionReassignmentsRequest>(
            BrokerApi.AlterPartitionReassignments, static (r, e, _) => Reassign(r, e), static r => Names(r.Topics.Select(static t => t.Name))),
        RequestShape.Flat<ListPartitionReassignmentsRequest>(
            BrokerApi.ListPartitionReassignments, static e => new ListPartitionReassignmentsResponse { ErrorCode = e }),
        RequestShape.Of<AlterReplicaLogDirsRequest>(
            BrokerApi.AlterReplicaLogDirs, static (r, e, _) => AlterLogDirs(r, e),
            static r => Names(r.Dirs.SelectMany(static d => d.Topics).Select(static t => t.Name))),
        RequestShape.Of<DescribeLogDirsRequest>(BrokerApi.DescribeLogDirs, static (_, e, v) => new DescribeLogDirsResponse
        {
            ErrorCode = e,
            Results = v < 3 ? [new DescribeLogDirsResponseResults { ErrorCode = e }] : [],
        }),
        RequestShape.Flat<DescribeClusterRequest>(BrokerApi.DescribeCluster, static e => new DescribeClusterResponse { ErrorCode = e }),
        RequestShape.Flat<DescribeQuorumRequest>(BrokerApi.DescribeQuorum, static e => new DescribeQuorumResponse { ErrorCode = e }),
        RequestShape.Of<UpdateFeaturesRequest>(BrokerApi.UpdateFeatures, static (r, e, _) => UpdateFeatures(r, e)),
    ];

    private static MetadataResponse Metadata(MetadataRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Topics = Each(request.Topics, topic => new MetadataResponseTopics { ErrorCode = error, Name = topic.Name ?? "", TopicId = topic.TopicId }),
    };

    private static DescribeTopicPartitionsResponse TopicPartitions(DescribeTopicPartitionsRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new DescribeTopicPartitionsResponseTopics { ErrorCode = error, Name = topic.Name }),
    };

    private static CreateTopicsResponse CreateTopics(CreateTopicsRequest request, ErrorCode error) => new()
    {
        Topics = Each(request.Topics, topic => new CreateTopicsResponseTopics
        {
            Name = topic.Name,
            ErrorCode = error,
            TopicConfigErrorCode = error,
            Configs = null,
        }),
    };

    private static IEnumerable<NamedTopic> DeletedBy(DeleteTopicsRequest request) =>
        Names(request.TopicNames).Concat(request.Topics.Select(static topic => new NamedTopic(topic.Name, topic.TopicId)));

    private static DeleteTopicsResponse DeleteTopics(DeleteTopicsRequest request, ErrorCode error, short version) => new()
    {
        Responses = Each(DeletedBy(request), topic => new DeleteTopicsResponseResponses
        {
            Name = topic.Name,
            TopicId = topic.Id,
            ErrorCode = error,
        }),
    };

    private static CreatePartitionsResponse CreatePartitions(CreatePartitionsRequest request, ErrorCode error) => new()
    {
        Results = Each(request.Topics, topic => new CreatePartitionsResponseResults { Name = topic.Name, ErrorCode = error }),
    };

    private static ElectLeadersResponse ElectLeaders(ElectLeadersRequest request, ErrorCode error, short version) => new()
    {
        ErrorCode = version >= 1 ? error : ErrorCode.None,
        ReplicaElectionResults = Each(request.TopicPartitions, topic => new ElectLeadersResponseReplicaElectionResults
        {
            Topic = topic.Topic,
            PartitionResult = Each(topic.Partitions, partition => new ElectLeadersResponsePartitionResult
            {
                PartitionId = partition,
                ErrorCode = error,
            }),
        }),
    };

    private static AlterPartitionReassignmentsResponse Reassign(AlterPartitionReassignmentsRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Responses = Each(request.Topics, topic => new AlterPartitionReassignmentsResponseResponses
        {
            Name = topic.Name,
            Partitions = Each(topic.Partitions, partition => new AlterPartitionReassignmentsResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error,
            }),
        }),
    };

    private static AlterReplicaLogDirsResponse AlterLogDirs(AlterReplicaLogDirsRequest request, ErrorCode error) => new()
    {
        Results = Each(request.Dirs.SelectMany(static dir => dir.Topics), topic => new AlterReplicaLogDirsResponseResults
        {
            TopicName = topic.Name,
            Partitions = Each(topic.Partitions, partition => new AlterReplicaLogDirsResponsePartitions
            {
                PartitionIndex = partition,
                ErrorCode = error,
            }),
        }),
    };

    private static UpdateFeaturesResponse UpdateFeatures(UpdateFeaturesRequest request, ErrorCode error) => new()
    {
        ErrorCode = error,
        Results = Each(request.FeatureUpdates, update => new UpdateFeaturesResponseResults { Feature = update.Feature, ErrorCode = error }),
    };
}
