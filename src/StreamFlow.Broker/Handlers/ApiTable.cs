using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Every API the broker serves: what ApiVersions advertises and what the dispatcher calls are the same rows, so that no
/// version can be promised without being answered.
/// </summary>
internal static class ApiTable
{
    private const short Never = short.MaxValue;

    // Produce is advertised from 0 although only 3 and later are answered: librdkafka before 2.11.1 looks for version 0
    // and silently stops compressing without it (KAFKA-18659).
    private static readonly ApiDescriptor[] Apis =
    [
        Api<ProduceRequest>(ApiKey.Produce, 0, 11, 9, static (h, r, c) => h.Produce.HandleAsync(r, c))
            with { ImplementedFrom = 3, Order = RequestOrder.Pipelined },
        Api<FetchRequest>(ApiKey.Fetch, 4, 18, 12, static (h, r, c) => h.Fetch.HandleAsync(r, c)),
        Api<ListOffsetsRequest>(
            ApiKey.ListOffsets, 1, 11, 6, static (h, r, c) => Now(h.ListOffsets.Handle(r, c.Version))),
        Api<MetadataRequest>(ApiKey.Metadata, 0, 13, 9, static (h, r, c) => Now(h.Metadata.Handle(r, c.Version))),
        Api<OffsetCommitRequest>(ApiKey.OffsetCommit, 2, 9, 8, static (h, r, _) => h.Offsets.CommitAsync(r)),
        Api<OffsetFetchRequest>(ApiKey.OffsetFetch, 1, 9, 6, static (h, r, c) => Now(h.Offsets.Fetch(r, c.Version))),
        Api<FindCoordinatorRequest>(
            ApiKey.FindCoordinator, 0, 4, 3, static (h, r, c) => Now(h.GroupAdmin.FindCoordinator(r, c.Version))),
        Api<JoinGroupRequest>(ApiKey.JoinGroup, 0, 9, 6, static (h, r, c) => h.Membership.JoinAsync(r, c))
            with { Order = RequestOrder.BehindLeave },
        Api<HeartbeatRequest>(ApiKey.Heartbeat, 0, 4, 4, static (h, r, _) => Now(h.Membership.Heartbeat(r))),
        Api<LeaveGroupRequest>(ApiKey.LeaveGroup, 0, 5, 4, static (h, r, c) => Now(h.Membership.Leave(r, c.Version))),
        Api<SyncGroupRequest>(ApiKey.SyncGroup, 0, 5, 4, static (h, r, c) => h.Membership.SyncAsync(r, c))
            with { Order = RequestOrder.BehindLeave },
        Api<DescribeGroupsRequest>(ApiKey.DescribeGroups, 0, 5, 5, static (h, r, _) => Now(h.GroupAdmin.Describe(r))),
        Api<ListGroupsRequest>(ApiKey.ListGroups, 0, 5, 3, static (h, r, _) => Now(h.GroupAdmin.List(r))),
        Api<ApiVersionsRequest>(ApiKey.ApiVersions, 0, 4, 3, static (_, _, _) =>
            Now(new ApiVersionsResponse { ApiKeys = Advertised! })),
        Api<CreateTopicsRequest>(ApiKey.CreateTopics, 2, 7, 5, static (h, r, _) => Now(h.TopicAdmin.Create(r))),
        Api<DeleteTopicsRequest>(ApiKey.DeleteTopics, 1, 6, 4, static (h, r, c) => Now(h.TopicAdmin.Delete(r, c.Version))),
        Api<DeleteRecordsRequest>(ApiKey.DeleteRecords, 0, 2, 2, static (h, r, _) => Now(h.TopicAdmin.DeleteRecords(r))),
        Api<InitProducerIdRequest>(ApiKey.InitProducerId, 0, 4, 2, static (h, r, c) => h.ProducerIds.HandleAsync(r, c.Version)),
        Api<OffsetForLeaderEpochRequest>(
            ApiKey.OffsetForLeaderEpoch, 2, 4, 4, static (h, r, _) => Now(h.TopicAdmin.OffsetForLeaderEpoch(r))),
        Api<AddPartitionsToTxnRequest>(
            ApiKey.AddPartitionsToTxn, 0, 3, 3, static (h, r, c) => h.Transactions.AddPartitionsAsync(r, c.Version)),
        Api<AddOffsetsToTxnRequest>(
            ApiKey.AddOffsetsToTxn, 0, 3, 3, static (h, r, c) => h.Transactions.AddOffsetsAsync(r, c.Version)),
        Api<EndTxnRequest>(ApiKey.EndTxn, 0, 3, 3, static (h, r, c) => h.Transactions.EndAsync(r, c.Version)),
        Api<TxnOffsetCommitRequest>(
            ApiKey.TxnOffsetCommit, 0, 3, 3, static (h, r, _) => h.Transactions.CommitOffsetsAsync(r)),
        Api<DescribeConfigsRequest>(ApiKey.DescribeConfigs, 1, 4, 4, static (h, r, _) => Now(h.Configs.Describe(r))),
        Api<AlterConfigsRequest>(ApiKey.AlterConfigs, 0, 2, 2, static (h, r, _) => Now(h.Configs.Alter(r))),
        Api<CreatePartitionsRequest>(
            ApiKey.CreatePartitions, 0, 3, 2, static (h, r, _) => Now(h.TopicAdmin.AddPartitions(r))),
        Api<DeleteGroupsRequest>(ApiKey.DeleteGroups, 0, 2, 2, static (h, r, _) => h.GroupAdmin.DeleteAsync(r)),
        Api<IncrementalAlterConfigsRequest>(
            ApiKey.IncrementalAlterConfigs, 0, 1, 1, static (h, r, _) => Now(h.Configs.AlterIncrementally(r))),
        Api<OffsetDeleteRequest>(ApiKey.OffsetDelete, 0, 0, Never, static (h, r, _) => h.Offsets.DeleteAsync(r)),
        Api<DescribeClusterRequest>(ApiKey.DescribeCluster, 0, 1, 0, static (h, r, _) => Now(h.Cluster.Describe(r))),
        Api<DescribeProducersRequest>(
            ApiKey.DescribeProducers, 0, 0, 0, static (h, r, _) => Now(h.Transactions.DescribeProducers(r))),
        Api<DescribeTransactionsRequest>(
            ApiKey.DescribeTransactions, 0, 0, 0, static (h, r, _) => Now(h.Transactions.Describe(r))),
        Api<ListTransactionsRequest>(
            ApiKey.ListTransactions, 0, 1, 0, static (h, r, _) => Now(h.Transactions.List(r))),
        Api<DescribeTopicPartitionsRequest>(
            ApiKey.DescribeTopicPartitions, 0, 0, 0, static (h, r, _) => Now(h.TopicPartitions.Handle(r))),
    ];

    private static readonly ApiDescriptor?[] ByKey = Index();

    public static IReadOnlyList<ApiDescriptor> All => Apis;

    public static ApiVersionsResponseApiKeys[] Advertised { get; } =
    [
        .. Apis.Select(x => new ApiVersionsResponseApiKeys
        {
            ApiKey = (short)x.Key,
            MinVersion = x.MinVersion,
            MaxVersion = x.MaxVersion,
        }),
    ];

    public static ApiDescriptor? Find(short key) => key >= 0 && key < ByKey.Length ? ByKey[key] : null;

    private static ApiDescriptor Api<TRequest>(
        ApiKey key,
        short min,
        short max,
        short flexibleFrom,
        Func<BrokerHandlers, TRequest, RequestContext, ValueTask<IResponse?>> handle)
        where TRequest : IRequest<TRequest> =>
        new(key, min, max, flexibleFrom, (BrokerHandlers handlers, ref WireReader reader, RequestContext context) =>
            handle(handlers, TRequest.Read(ref reader), context));

    private static ValueTask<IResponse?> Now(IResponse response) => new(response);

    private static ApiDescriptor?[] Index()
    {
        ApiDescriptor?[] byKey = new ApiDescriptor?[Apis.Max(x => (int)x.Key) + 1];
        foreach (ApiDescriptor api in Apis)
        {
            byKey[(int)api.Key] = api;
        }

        return byKey;
    }
}
