using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Every API the broker serves: what ApiVersions advertises and what the dispatcher calls are the same rows, so that no
/// version can be promised without being answered.
/// </summary>
internal static class ApiTable
{
    // Produce is advertised from 0 although only 3 and later are answered: librdkafka before 2.11.1 looks for version 0
    // and silently stops compressing without it (KAFKA-18659).
    private static readonly ApiDescriptor[] Apis =
    [
        Api<ProduceRequest>(ApiKey.Produce, 0, 13, static (h, r, c) => h.Produce.HandleAsync(r, c))
            with { ImplementedFrom = 3, Order = RequestOrder.Pipelined },
        Api<FetchRequest>(ApiKey.Fetch, 4, 18, static (h, r, c) => h.Fetch.HandleAsync(r, c)),
        Api<ListOffsetsRequest>(ApiKey.ListOffsets, 1, 11, static (h, r, c) => Now(h.ListOffsets.Handle(r, c))),
        Api<MetadataRequest>(ApiKey.Metadata, 0, 13, static (h, r, c) => h.Metadata.HandleAsync(r, c)),
        Api<OffsetCommitRequest>(ApiKey.OffsetCommit, 2, 10, static (h, r, c) => h.Offsets.CommitAsync(r, c)),
        Api<OffsetFetchRequest>(ApiKey.OffsetFetch, 1, 10, static (h, r, c) => Now(h.Offsets.Fetch(r, c))),
        Api<FindCoordinatorRequest>(
            ApiKey.FindCoordinator, 0, 6, static (_, r, c) => Now(GroupAdminHandler.FindCoordinator(r, c))),
        Api<JoinGroupRequest>(ApiKey.JoinGroup, 0, 9, static (h, r, c) => h.Membership.JoinAsync(r, c))
            with { Order = RequestOrder.BehindLeave },
        Api<HeartbeatRequest>(ApiKey.Heartbeat, 0, 4, static (h, r, c) => Now(h.Membership.Heartbeat(r, c))),
        Api<LeaveGroupRequest>(ApiKey.LeaveGroup, 0, 5, static (h, r, c) => Now(h.Membership.Leave(r, c))),
        Api<SyncGroupRequest>(ApiKey.SyncGroup, 0, 5, static (h, r, c) => h.Membership.SyncAsync(r, c))
            with { Order = RequestOrder.BehindLeave },
        Api<DescribeGroupsRequest>(ApiKey.DescribeGroups, 0, 6, static (h, r, c) => Now(h.GroupAdmin.Describe(r, c))),
        Api<ListGroupsRequest>(ApiKey.ListGroups, 0, 5, static (h, r, c) => Now(h.GroupAdmin.List(r, c))),
        Api<SaslHandshakeRequest>(
            ApiKey.SaslHandshake, 0, 1, static (_, r, c) => Now(SaslHandler.Handshake(r, c))),
        Api<ApiVersionsRequest>(ApiKey.ApiVersions, 0, 4, static (_, r, c) => Now(ApiVersionsHandler.Answer(r, c))),
        Admin<CreateTopicsRequest>(ApiKey.CreateTopics, 2, 7, static (h, r, c) => h.TopicAdmin.Create(r, c)),
        Admin<DeleteTopicsRequest>(ApiKey.DeleteTopics, 1, 6, static (h, r, c) => h.TopicAdmin.Delete(r, c)),
        Admin<DeleteRecordsRequest>(ApiKey.DeleteRecords, 0, 2, static (h, r, c) => h.TopicAdmin.DeleteRecords(r, c)),
        Api<InitProducerIdRequest>(ApiKey.InitProducerId, 0, 5, static (h, r, c) => h.ProducerIds.HandleAsync(r, c)),
        Api<OffsetForLeaderEpochRequest>(
            ApiKey.OffsetForLeaderEpoch, 2, 4, static (h, r, c) => Now(h.TopicAdmin.OffsetForLeaderEpoch(r, c))),
        Api<AddPartitionsToTxnRequest>(
            ApiKey.AddPartitionsToTxn, 0, 5, static (h, r, c) => h.Transactions.AddPartitionsAsync(r, c)),
        Api<AddOffsetsToTxnRequest>(
            ApiKey.AddOffsetsToTxn, 0, 4, static (h, r, c) => h.Transactions.AddOffsetsAsync(r, c)),
        Api<EndTxnRequest>(ApiKey.EndTxn, 0, 5, static (h, r, c) => h.Transactions.EndAsync(r, c)),
        Api<WriteTxnMarkersRequest>(
            ApiKey.WriteTxnMarkers, 1, 2, static (h, r, c) => h.TransactionAdmin.WriteMarkersAsync(r, c)),
        Api<TxnOffsetCommitRequest>(
            ApiKey.TxnOffsetCommit, 0, 5, static (h, r, c) => h.Transactions.CommitOffsetsAsync(r, c)),
        Api<DescribeAclsRequest>(ApiKey.DescribeAcls, 1, 3, static (h, r, c) => Now(h.Acls.Describe(r, c))),
        Admin<CreateAclsRequest>(ApiKey.CreateAcls, 1, 3, static (h, r, c) => h.Acls.Create(r, c)),
        Admin<DeleteAclsRequest>(ApiKey.DeleteAcls, 1, 3, static (h, r, c) => h.Acls.Delete(r, c)),
        Admin<DescribeConfigsRequest>(ApiKey.DescribeConfigs, 1, 4, static (h, r, c) => h.Configs.Describe(r, c)),
        Admin<AlterConfigsRequest>(ApiKey.AlterConfigs, 0, 2, static (h, r, c) => h.AlterConfigs.Alter(r, c)),
        Api<AlterReplicaLogDirsRequest>(
            ApiKey.AlterReplicaLogDirs, 1, 2, static (h, r, c) => Now(h.PartitionAdmin.AlterReplicaLogDirs(r, c))),
        Admin<DescribeLogDirsRequest>(
            ApiKey.DescribeLogDirs, 1, 5, static (h, r, c) => h.PartitionAdmin.DescribeLogDirs(r, c)),
        Api<SaslAuthenticateRequest>(
            ApiKey.SaslAuthenticate, 0, 2, static (_, r, c) => SaslHandler.AuthenticateAsync(r, c)),
        Admin<CreatePartitionsRequest>(
            ApiKey.CreatePartitions, 0, 3, static (h, r, c) => h.TopicAdmin.AddPartitions(r, c)),
        Api<DeleteGroupsRequest>(ApiKey.DeleteGroups, 0, 2, static (h, r, c) => h.GroupAdmin.DeleteAsync(r, c)),
        Api<ElectLeadersRequest>(ApiKey.ElectLeaders, 0, 2, static (h, r, c) => Now(h.PartitionAdmin.ElectLeaders(r, c))),
        Admin<IncrementalAlterConfigsRequest>(
            ApiKey.IncrementalAlterConfigs, 0, 1, static (h, r, c) => h.AlterConfigs.AlterIncrementally(r, c)),
        Api<AlterPartitionReassignmentsRequest>(
            ApiKey.AlterPartitionReassignments, 0, 1, static (h, r, c) => Now(h.PartitionAdmin.AlterReassignments(r, c))),
        Api<ListPartitionReassignmentsRequest>(
            ApiKey.ListPartitionReassignments, 0, 0,
            static (_, _, c) => Now(PartitionAdminHandler.ListReassignments(c))),
        Api<OffsetDeleteRequest>(ApiKey.OffsetDelete, 0, 0, static (h, r, c) => h.Offsets.DeleteAsync(r, c)),
        Api<DescribeClientQuotasRequest>(
            ApiKey.DescribeClientQuotas, 0, 1, static (_, _, c) => Now(UserHandler.DescribeQuotas(c))),
        Api<DescribeUserScramCredentialsRequest>(
            ApiKey.DescribeUserScramCredentials, 0, 0, static (h, r, c) => Now(h.Users.Describe(r, c))),
        Admin<AlterUserScramCredentialsRequest>(
            ApiKey.AlterUserScramCredentials, 0, 0, static (h, r, c) => h.Users.Alter(r, c)),
        Api<DescribeQuorumRequest>(ApiKey.DescribeQuorum, 0, 2, static (h, r, c) => Now(h.Quorum.Describe(r, c))),
        Api<UpdateFeaturesRequest>(
            ApiKey.UpdateFeatures, 0, 2, static (h, r, c) => Now(h.Quorum.UpdateFeatures(r, c))),
        Api<DescribeClusterRequest>(ApiKey.DescribeCluster, 0, 2, static (h, r, c) => Now(h.Cluster.Describe(r, c))),
        Api<DescribeProducersRequest>(
            ApiKey.DescribeProducers, 0, 0, static (h, r, c) => Now(h.TransactionAdmin.DescribeProducers(r, c))),
        Api<DescribeTransactionsRequest>(
            ApiKey.DescribeTransactions, 0, 0, static (h, r, c) => Now(h.TransactionAdmin.Describe(r, c))),
        Api<ListTransactionsRequest>(
            ApiKey.ListTransactions, 0, 2, static (h, r, c) => Now(h.TransactionAdmin.List(r, c))),
        Api<ConsumerGroupHeartbeatRequest>(
            ApiKey.ConsumerGroupHeartbeat, 0, 1, static (h, r, c) => h.ConsumerGroups.HeartbeatAsync(r, c)),
        Api<ConsumerGroupDescribeRequest>(
            ApiKey.ConsumerGroupDescribe, 0, 1, static (h, r, c) => Now(h.ConsumerGroups.Describe(r, c))),
        Api<GetTelemetrySubscriptionsRequest>(
            ApiKey.GetTelemetrySubscriptions, 0, 0, static (h, r, c) => Now(h.Telemetry.Subscribe(r, c))),
        Api<PushTelemetryRequest>(ApiKey.PushTelemetry, 0, 0, static (h, r, c) => Now(h.Telemetry.Push(r, c))),
        Api<ListConfigResourcesRequest>(
            ApiKey.ListConfigResources, 0, 1, static (h, r, c) => Now(h.Configs.List(r, c))),
        Api<DescribeTopicPartitionsRequest>(
            ApiKey.DescribeTopicPartitions, 0, 0, static (h, r, c) => Now(h.TopicPartitions.Handle(r, c))),
    ];

    private static readonly ApiDescriptor?[] ByKey = Index();

    public static IReadOnlyList<ApiDescriptor> All => Apis;

    public static ApiDescriptor? Find(short key) => key >= 0 && key < ByKey.Length ? ByKey[key] : null;

    private static ApiDescriptor Api<TRequest>(
        ApiKey key,
        short min,
        short max,
        Func<BrokerHandlers, TRequest, RequestContext, ValueTask<IResponse?>> handle)
        where TRequest : IRequest<TRequest> =>
        new(key, min, max, (BrokerHandlers handlers, ref WireReader reader, RequestContext context) =>
            handle(handlers, TRequest.Read(ref reader), context));

    /// <summary>One that takes the disk, or long: the thread of the administration answers it, and holds up nobody else's requests.</summary>
    private static ApiDescriptor Admin<TRequest>(
        ApiKey key,
        short min,
        short max,
        Func<BrokerHandlers, TRequest, RequestContext, IResponse> handle)
        where TRequest : IRequest<TRequest> =>
        Api<TRequest>(key, min, max, (handlers, request, context) =>
            new ValueTask<IResponse?>(handlers.Administration.RunAsync<IResponse?>(() => handle(handlers, request, context))));

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
