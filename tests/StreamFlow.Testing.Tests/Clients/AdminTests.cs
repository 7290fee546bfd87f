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
        Assert.Equal(("t", 3), (described.Name, described.PartitionCount));
        var configs = await admin.DescribeTopicConfigAsync("t", CancellationToken.None);
        Assert.Equal("compact", configs["cleanup.policy"]);
        Assert.Equal("CreateTime", configs["message.timestamp.type"]);
    }

    [Fact]
    public async Task A_topic_has_an_id_that_none_has_on_this_or_another_cluster()
    {
        var other = new InMemoryKafka();
        _kafka.CreateTopic("t");
        _kafka.CreateTopic("u");
        other.CreateTopic("t");
        using var admin = _kafka.CreateAdmin("admin");
        using var elsewhere = other.CreateAdmin("admin");

        var found = await admin.DescribeTopicsAsync(["t", "u"], CancellationToken.None);
        var again = await admin.DescribeTopicsAsync(["t"], CancellationToken.None);
        var there = await elsewhere.DescribeTopicsAsync(["t"], CancellationToken.None);

        Assert.Equal(found["t"].Id, again["t"].Id);
        Assert.Equal(3, new[] { found["t"].Id, found["u"].Id, there["t"].Id }.Where(id => id.Length > 0).Distinct().Count());
    }

    [Fact]
    public async Task Configs_are_altered_one_by_one()
    {
        _kafka.CreateTopic("t", configs: new Dictionary<string, string> { ["segment.bytes"] = "7", ["retention.ms"] = "8" });
        using var admin = _kafka.CreateAdmin("admin");

        await admin.AlterTopicConfigAsync("t", new Dictionary<string, string> { ["retention.ms"] = "-1" }, CancellationToken.None);

        var configs = await admin.DescribeTopicConfigAsync("t", CancellationToken.None);
        Assert.Equal(("7", "-1"), (configs["segment.bytes"], configs["retention.ms"]));
        await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.AlterTopicConfigAsync("missing", new Dictionary<string, string>(), CancellationToken.None));
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
