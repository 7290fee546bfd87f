namespace StreamFlow.Broker.Tests.Support;

/// <summary>For each API a request small enough to be valid against an empty broker.</summary>
public static class MinimalRequests
{
    public static WireStruct For(string api) => api switch
    {
        "Produce" => Requests.Produce("absent", 0, TestBatch.Build("x")),
        "Fetch" => Requests.Fetch("absent", 0, 0),
        "ApiVersions" => new WireStruct { ["client_software_name"] = "raw", ["client_software_version"] = "1" },
        "FindCoordinator" => new WireStruct { ["key"] = "g", ["coordinator_keys"] = new[] { "g" } },
        "JoinGroup" => new WireStruct
        {
            ["group_id"] = "absent",
            ["member_id"] = "nobody",
            ["session_timeout_ms"] = 10_000,
            ["rebalance_timeout_ms"] = 10_000,
            ["protocol_type"] = "consumer",
            ["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[] { 1 } },
        },
        "SyncGroup" or "Heartbeat" => new WireStruct { ["group_id"] = "absent", ["member_id"] = "nobody" },
        "LeaveGroup" => new WireStruct
        {
            ["group_id"] = "absent",
            ["member_id"] = "nobody",
            ["members"] = new WireStruct { ["member_id"] = "nobody" },
        },
        "OffsetCommit" => new WireStruct
        {
            ["group_id"] = "absent",
            ["generation_id"] = -1,
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new WireStruct { ["committed_metadata"] = "" } },
        },
        "OffsetFetch" => new WireStruct
        {
            ["group_id"] = "absent",
            ["topics"] = new WireStruct { ["name"] = "absent", ["partition_indexes"] = new[] { 0 } },
            ["groups"] = new WireStruct { ["group_id"] = "absent" },
        },
        "Metadata" => Requests.Metadata("made-by-metadata"),
        "ListOffsets" => new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new WireStruct() },
        },
        "CreateTopics" => new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "made", ["num_partitions"] = 1, ["replication_factor"] = 1 },
        },
        "DescribeConfigs" => new WireStruct
        {
            ["resources"] = new WireStruct { ["resource_type"] = 4, ["resource_name"] = "1" },
        },
        "SaslHandshake" => new WireStruct { ["mechanism"] = "PLAIN" },
        "DescribeAcls" => AnyAcl(),
        "DeleteAcls" => new WireStruct { ["filters"] = AnyAcl() },
        "CreateAcls" => new WireStruct
        {
            ["creations"] = new WireStruct
            {
                ["resource_type"] = 2,
                ["resource_name"] = "absent",
                ["resource_pattern_type"] = 3,
                ["principal"] = "User:nobody",
                ["host"] = "*",
                ["operation"] = 3,
                ["permission_type"] = 3,
            },
        },
        "AlterUserScramCredentials" => new WireStruct
        {
            ["upsertions"] = new WireStruct
            {
                ["name"] = "nobody",
                ["mechanism"] = 1,
                ["iterations"] = 4096,
                ["salt"] = new byte[20],
                ["salted_password"] = new byte[32],
            },
        },
        "AlterReplicaLogDirs" => new WireStruct
        {
            ["dirs"] = new WireStruct { ["path"] = "/absent", ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new[] { 0 } } },
        },
        "DescribeLogDirs" => new WireStruct { ["topics"] = new WireStruct { ["topic"] = "absent", ["partitions"] = new[] { 0 } } },
        "ElectLeaders" => new WireStruct { ["topic_partitions"] = new WireStruct { ["topic"] = "absent", ["partitions"] = new[] { 0 } } },
        "AlterPartitionReassignments" => new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new WireStruct { ["replicas"] = new[] { 1 } } },
        },
        "ListPartitionReassignments" => new WireStruct(),
        "DescribeQuorum" => new WireStruct
        {
            ["topics"] = new WireStruct { ["topic_name"] = "__cluster_metadata", ["partitions"] = new WireStruct() },
        },
        "UpdateFeatures" => new WireStruct { ["feature_updates"] = new WireStruct { ["feature"] = "absent", ["max_version_level"] = 1 } },
        "GetTelemetrySubscriptions" => new WireStruct(),
        "PushTelemetry" => new WireStruct { ["metrics"] = new byte[] { 1 } },
        "ListConfigResources" => new WireStruct { ["resource_types"] = new[] { 2 } },
        "DescribeGroups" => new WireStruct { ["groups"] = new[] { "absent" } },
        "DeleteGroups" => new WireStruct { ["groups_names"] = new[] { "absent" } },
        "DescribeTopicPartitions" => new WireStruct { ["topics"] = new WireStruct { ["name"] = "absent" }, ["response_partition_limit"] = 1 },
        "DescribeCluster" => new WireStruct { ["endpoint_type"] = 1 },
        "DeleteTopics" => new WireStruct
        {
            ["topic_names"] = new[] { "absent" },
            ["topics"] = new WireStruct { ["name"] = "absent" },
        },
        "CreatePartitions" => new WireStruct { ["topics"] = new WireStruct { ["name"] = "absent", ["count"] = 2 } },
        "DeleteRecords" or "OffsetDelete" => new WireStruct
        {
            ["group_id"] = "absent",
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new WireStruct() },
        },
        "OffsetForLeaderEpoch" => new WireStruct
        {
            ["topics"] = new WireStruct { ["topic"] = "absent", ["partitions"] = new WireStruct() },
        },
        "AlterConfigs" or "IncrementalAlterConfigs" => new WireStruct
        {
            ["resources"] = new WireStruct { ["resource_type"] = 2, ["resource_name"] = "absent" },
        },
        "InitProducerId" => new WireStruct { ["producer_id"] = -1, ["producer_epoch"] = -1 },
        "AddPartitionsToTxn" => new WireStruct
        {
            ["transactional_id"] = "absent",
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new[] { 0 } },
            ["transactions"] = new WireStruct
            {
                ["transactional_id"] = "absent",
                ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new[] { 0 } },
            },
        },
        "WriteTxnMarkers" => new WireStruct
        {
            ["markers"] = new WireStruct
            {
                ["topics"] = new WireStruct { ["name"] = "absent", ["partition_indexes"] = new[] { 0 } },
            },
        },
        "AddOffsetsToTxn" or "EndTxn" => new WireStruct { ["transactional_id"] = "absent", ["group_id"] = "absent" },
        "TxnOffsetCommit" => new WireStruct
        {
            ["transactional_id"] = "absent",
            ["group_id"] = "absent",
            ["topics"] = new WireStruct { ["name"] = "absent", ["partitions"] = new WireStruct { ["committed_metadata"] = "" } },
        },
        "ConsumerGroupHeartbeat" => new WireStruct
        {
            ["group_id"] = "absent",
            ["member_id"] = "nobody",
            ["rebalance_timeout_ms"] = 1_000,
            ["subscribed_topic_names"] = new[] { "absent" },
            ["topic_partitions"] = Array.Empty<WireStruct>(),
        },
        "ConsumerGroupDescribe" => new WireStruct { ["group_ids"] = new[] { "absent" } },
        "DescribeProducers" => new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "absent", ["partition_indexes"] = new[] { 0 } },
        },
        "DescribeTransactions" => new WireStruct { ["transactional_ids"] = new[] { "absent" } },
        "ListTransactions" => new WireStruct { ["state_filters"] = new[] { "Ongoing", "Absent" } },
        _ => [],
    };

    private static WireStruct AnyAcl() => new()
    {
        ["resource_type_filter"] = 1,
        ["pattern_type_filter"] = 1,
        ["operation"] = 1,
        ["permission_type"] = 1,
    };
}
