namespace StreamFlow.Kafka.Settings;

/// <summary>Settings the engine depends on, and why each cannot be changed.</summary>
internal static class FixedSettings
{
    private const string Role = "StreamFlow sets it from its own options";
    private const string Commit = "StreamFlow commits offsets itself, together with its state";
    private const string Assignment = "StreamFlow assigns tasks by cooperative, sticky rebalancing";
    private const string Delivery = "StreamFlow promises that no record is lost or written twice";
    private const string Binding = "StreamFlow's binding serves this itself";

    /// <summary>librdkafka's name of a setting to the reason.</summary>
    internal static IReadOnlyDictionary<string, string> Reasons { get; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["bootstrap.servers"] = "it is KafkaClientOptions.BootstrapServers",
            ["metadata.broker.list"] = "it is KafkaClientOptions.BootstrapServers",
            ["client.id"] = Role,
            ["group.id"] = Role,
            ["group.instance.id"] = Role,
            ["isolation.level"] = Role,
            ["auto.offset.reset"] = Role,
            ["transactional.id"] = Role,
            ["transaction.timeout.ms"] = Role,
            ["enable.auto.commit"] = Commit,
            ["auto.commit.enable"] = Commit,
            ["auto.commit.interval.ms"] = Commit,
            ["enable.auto.offset.store"] = Commit,
            ["offset.store.method"] = Commit,
            ["offset.store.path"] = Commit,
            ["offset.store.sync.interval.ms"] = Commit,
            ["partition.assignment.strategy"] = Assignment,
            ["group.protocol"] = Assignment,
            ["group.protocol.type"] = Assignment,
            ["group.remote.assignor"] = Assignment,
            ["enable.idempotence"] = Delivery,
            ["enable.gapless.guarantee"] = Delivery,
            ["acks"] = Delivery,
            ["request.required.acks"] = Delivery,
            ["delivery.report.only.error"] = Delivery,
            ["partitioner"] = "StreamFlow chooses partitions as Kafka's own default partitioner does",
            ["allow.auto.create.topics"] = "StreamFlow creates the topics it owns and checks that the others exist",
            ["enable.partition.eof"] = Binding,
            ["enabled_events"] = Binding,
            ["log.queue"] = Binding,
            ["log_cb"] = Binding,
            ["error_cb"] = Binding,
            ["rebalance_cb"] = Binding,
            ["dr_cb"] = Binding,
            ["dr_msg_cb"] = Binding,
            ["consume_cb"] = Binding,
            ["offset_commit_cb"] = Binding,
            ["stats_cb"] = Binding,
            ["statistics.interval.ms"] = "nobody would take the statistics; use StreamFlow's metrics",
            ["opaque"] = Binding,
        };
}
