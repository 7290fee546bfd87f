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
        Assert.Equal(new TopicDescription("t", 3), Assert.Single(found).Value);
        var configs = await admin.DescribeTopicConfigAsync("t", CancellationToken.None);
        Assert.Equal("compact", configs["cleanup.policy"]);
        Assert.Equal("CreateTime", configs["message.timestamp.type"]);
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
