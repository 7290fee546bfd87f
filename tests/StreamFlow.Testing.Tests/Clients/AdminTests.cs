using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

public sealed class AdminTests
{
    private readonly InMemoryKafka _kafka = new();

    [Fact]
    public async Task Created_topics_are_described_with_their_configs_and_creating_them_again_is_no_error()
    {
        using var admin = _kafka.CreateAdmin("admin");
        var topic = new NewTopic("t", 3, new Dictionary<string, string> { ["cleanup.policy"] = "compact" });
        await admin.CreateTopicsAsync([topic], CancellationToken.None);
        await admin.CreateTopicsAsync([topic with { PartitionCount = 9 }], CancellationToken.None);

        var found = await admin.DescribeTopicsAsync(["t", "missing"], CancellationToken.None);
        var described = Assert.Single(found).Value;
        Assert.Equal(new TopicDescription("t", 3) { Id = described.Id }, described);
        Assert.NotEmpty(described.Id);
        var configs = await admin.DescribeTopicConfigAsync("t", CancellationToken.None);
        Assert.Equal("compact", configs["cleanup.policy"]);
        Assert.Equal("CreateTime", configs["message.timestamp.type"]);
    }

    [Fact]
    public async Task A_group_is_described_with_whoever_is_in_it_and_the_marks_they_show()
    {
        _kafka.CreateTopic("t", 2);
        using var admin = _kafka.CreateAdmin("admin");
        using var member = Join(new ConsumerRole("app", "g", null, ReadCommitted: false, "earliest") { Mark = "m" });

        var described = await admin.DescribeGroupAsync("g", CancellationToken.None);

        Assert.True(described.IsStable);
        var shown = Assert.Single(described.Members);
        Assert.Equal(("app-m", 2), (shown.ClientId, shown.Assigned.Count));
        Assert.StartsWith("app-m-", shown.MemberId, StringComparison.Ordinal);

        using var guest = Join(new ConsumerRole("console", "g", null, ReadCommitted: false, "earliest"));
        described = await admin.DescribeGroupAsync("g", CancellationToken.None);
        Assert.False(described.IsStable);
        Assert.Equal(["app-m", "console"], described.Members.Select(m => m.ClientId).Order());
    }

    private IKafkaConsumer Join(ConsumerRole role)
    {
        var consumer = _kafka.CreateConsumer(role);
        consumer.Subscribe(["t"], ["t"], new Taker());
        consumer.Poll(TimeSpan.Zero);
        return consumer;
    }

    private sealed class Taker : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Stored))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }

    [Fact]
    public async Task Errors_come_through_the_task()
    {
        using var admin = _kafka.CreateAdmin("admin");
        _kafka.Faults.Fail(ClientCall.CreateTopics, KafkaErrorKind.Retriable);
        var topic = new NewTopic("t", 1, new Dictionary<string, string>());

        await Assert.ThrowsAsync<KafkaClientException>(() => admin.CreateTopicsAsync([topic], CancellationToken.None));
        Assert.Empty(_kafka.Topics);
        await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.CreateTopicsAsync([topic with { PartitionCount = 0 }], CancellationToken.None));
        await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.DescribeTopicConfigAsync("missing", CancellationToken.None));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => admin.CreateTopicsAsync([topic], new CancellationToken(canceled: true)));
    }
}
