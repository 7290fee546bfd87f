namespace StreamFlow.Broker.Handlers;

/// <summary>The handlers of one broker, by concern.</summary>
internal sealed record BrokerHandlers
{
    /// <summary>The thread for requests that take the disk, or long.</summary>
    public required WorkThread Administration { get; init; }

    public required ProduceHandler Produce { get; init; }

    public required FetchHandler Fetch { get; init; }

    public required ListOffsetsHandler ListOffsets { get; init; }

    public required MetadataHandler Metadata { get; init; }

    public required TopicPartitionsHandler TopicPartitions { get; init; }

    public required MembershipHandler Membership { get; init; }

    public required ConsumerGroupHandler ConsumerGroups { get; init; }

    public required OffsetsHandler Offsets { get; init; }

    public required GroupAdminHandler GroupAdmin { get; init; }

    public required TopicAdminHandler TopicAdmin { get; init; }

    public required ConfigHandler Configs { get; init; }

    public required AlterConfigHandler AlterConfigs { get; init; }

    public required PartitionAdminHandler PartitionAdmin { get; init; }

    public required QuorumHandler Quorum { get; init; }

    public required TelemetryHandler Telemetry { get; init; }

    public required ProducerIdHandler ProducerIds { get; init; }

    public required TransactionHandler Transactions { get; init; }

    public required TransactionAdminHandler TransactionAdmin { get; init; }

    public required ClusterHandler Cluster { get; init; }

    public required AclHandler Acls { get; init; }

    public required UserHandler Users { get; init; }
}
