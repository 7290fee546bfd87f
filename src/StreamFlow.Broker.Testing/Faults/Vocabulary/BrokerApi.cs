namespace StreamFlow.Broker.Testing;

/// <summary>Requests that the broker answers, by Kafka's names and numbers of their APIs.</summary>
public enum BrokerApi : short
{
    /// <summary>Produce, API 0.</summary>
    Produce = 0,

    /// <summary>Fetch, API 1.</summary>
    Fetch = 1,

    /// <summary>ListOffsets, API 2.</summary>
    ListOffsets = 2,

    /// <summary>Metadata, API 3.</summary>
    Metadata = 3,

    /// <summary>OffsetCommit, API 8.</summary>
    OffsetCommit = 8,

    /// <summary>OffsetFetch, API 9.</summary>
    OffsetFetch = 9,

    /// <summary>FindCoordinator, API 10.</summary>
    FindCoordinator = 10,

    /// <summary>JoinGroup, API 11.</summary>
    JoinGroup = 11,

    /// <summary>Heartbeat, API 12.</summary>
    Heartbeat = 12,

    /// <summary>LeaveGroup, API 13.</summary>
    LeaveGroup = 13,

    /// <summary>SyncGroup, API 14.</summary>
    SyncGroup = 14,

    /// <summary>DescribeGroups, API 15.</summary>
    DescribeGroups = 15,

    /// <summary>ListGroups, API 16.</summary>
    ListGroups = 16,

    /// <summary>SaslHandshake, API 17.</summary>
    SaslHandshake = 17,

    /// <summary>ApiVersions, API 18.</summary>
    ApiVersions = 18,

    /// <summary>CreateTopics, API 19.</summary>
    CreateTopics = 19,

    /// <summary>DeleteTopics, API 20.</summary>
    DeleteTopics = 20,

    /// <summary>DeleteRecords, API 21.</summary>
    DeleteRecords = 21,

    /// <summary>InitProducerId, API 22.</summary>
    InitProducerId = 22,

    /// <summary>OffsetForLeaderEpoch, API 23.</summary>
    OffsetForLeaderEpoch = 23,

    /// <summary>AddPartitionsToTxn, API 24.</summary>
    AddPartitionsToTxn = 24,

    /// <summary>AddOffsetsToTxn, API 25.</summary>
    AddOffsetsToTxn = 25,

    /// <summary>EndTxn, API 26.</summary>
    EndTxn = 26,

    /// <summary>WriteTxnMarkers, API 27.</summary>
    WriteTxnMarkers = 27,

    /// <summary>TxnOffsetCommit, API 28.</summary>
    TxnOffsetCommit = 28,

    /// <summary>DescribeAcls, API 29.</summary>
    DescribeAcls = 29,

    /// <summary>CreateAcls, API 30.</summary>
    CreateAcls = 30,

    /// <summary>DeleteAcls, API 31.</summary>
    DeleteAcls = 31,

    /// <summary>DescribeConfigs, API 32.</summary>
    DescribeConfigs = 32,

    /// <summary>AlterConfigs, API 33.</summary>
    AlterConfigs = 33,

    /// <summary>AlterReplicaLogDirs, API 34.</summary>
    AlterReplicaLogDirs = 34,

    /// <summary>DescribeLogDirs, API 35.</summary>
    DescribeLogDirs = 35,

    /// <summary>SaslAuthenticate, API 36.</summary>
    SaslAuthenticate = 36,

    /// <summary>CreatePartitions, API 37.</summary>
    CreatePartitions = 37,

    /// <summary>DeleteGroups, API 42.</summary>
    DeleteGroups = 42,

    /// <summary>ElectLeaders, API 43.</summary>
    ElectLeaders = 43,

    /// <summary>IncrementalAlterConfigs, API 44.</summary>
    IncrementalAlterConfigs = 44,

    /// <summary>AlterPartitionReassignments, API 45.</summary>
    AlterPartitionReassignments = 45,

    /// <summary>ListPartitionReassignments, API 46.</summary>
    ListPartitionReassignments = 46,

    /// <summary>OffsetDelete, API 47.</summary>
    OffsetDelete = 47,

    /// <summary>DescribeClientQuotas, API 48.</summary>
    DescribeClientQuotas = 48,

    /// <summary>DescribeUserScramCredentials, API 50.</summary>
    DescribeUserScramCredentials = 50,

    /// <summary>AlterUserScramCredentials, API 51.</summary>
    AlterUserScramCredentials = 51,

    /// <summary>DescribeQuorum, API 55.</summary>
    DescribeQuorum = 55,

    /// <summary>UpdateFeatures, API 57.</summary>
    UpdateFeatures = 57,

    /// <summary>DescribeCluster, API 60.</summary>
    DescribeCluster = 60,

    /// <summary>DescribeProducers, API 61.</summary>
    DescribeProducers = 61,

    /// <summary>DescribeTransactions, API 65.</summary>
    DescribeTransactions = 65,

    /// <summary>ListTransactions, API 66.</summary>
    ListTransactions = 66,

    /// <summary>ConsumerGroupHeartbeat, API 68.</summary>
    ConsumerGroupHeartbeat = 68,

    /// <summary>ConsumerGroupDescribe, API 69.</summary>
    ConsumerGroupDescribe = 69,

    /// <summary>GetTelemetrySubscriptions, API 71.</summary>
    GetTelemetrySubscriptions = 71,

    /// <summary>PushTelemetry, API 72.</summary>
    PushTelemetry = 72,

    /// <summary>ListConfigResources, API 74.</summary>
    ListConfigResources = 74,

    /// <summary>DescribeTopicPartitions, API 75.</summary>
    DescribeTopicPartitions = 75,
}
