namespace StreamFlow.Broker.Tests.Support;

/// <summary>Requests as tests need them most, and the interesting part of their answers.</summary>
public static class Requests
{
    public static WireStruct Produce(string topic, int partition, byte[]? batch, int acks = -1) => new()
    {
        ["acks"] = acks,
        ["timeout_ms"] = 10_000,
        ["topic_data"] = new WireStruct
        {
            ["name"] = topic,
            ["partition_data"] = new WireStruct { ["index"] = partition, ["records"] = batch },
        },
    };

    public static WireStruct Fetch(
        string topic, int partition, long offset, int maxWaitMs = 0, int minBytes = 1, int partitionMaxBytes = 1 << 20) => new()
    {
        ["replica_id"] = -1,
        ["max_wait_ms"] = maxWaitMs,
        ["min_bytes"] = minBytes,
        ["max_bytes"] = 50 << 20,
        ["session_epoch"] = -1,
        ["topics"] = new WireStruct
        {
            ["topic"] = topic,
            ["partitions"] = new WireStruct
            {
                ["partition"] = partition,
                ["current_leader_epoch"] = -1,
                ["fetch_offset"] = offset,
                ["last_fetched_epoch"] = -1,
                ["partition_max_bytes"] = partitionMaxBytes,
            },
        },
    };

    public static WireStruct Metadata(params string[] topics) => new()
    {
        ["topics"] = topics.Select(x => new WireStruct { ["name"] = x }).ToArray(),
        ["allow_auto_topic_creation"] = true,
    };

    public static async Task<Guid> TopicIdAsync(this RawClient client, string topic) =>
        (Guid)(await client.CallAsync("Metadata", 13, Metadata(topic))).Only("topics")["topic_id"]!;

    public static async Task<WireStruct> ProduceAsync(this RawClient client, string topic, int partition, byte[] batch)
    {
        WireStruct answer = await client.CallAsync("Produce", 8, Produce(topic, partition, batch));
        return answer.Only("responses").Only("partition_responses");
    }

    public static async Task<WireStruct> FetchAsync(
        this RawClient client, string topic, int partition, long offset, int maxWaitMs = 0, int minBytes = 1)
    {
        WireStruct answer = await client.CallAsync("Fetch", 11, Fetch(topic, partition, offset, maxWaitMs, minBytes));
        return answer.Only("responses").Only("partitions");
    }

    public static async Task CreateAsync(this RawClient client, string topic, int partitions = 1)
    {
        WireStruct answer = await client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = topic, ["num_partitions"] = partitions, ["replication_factor"] = 1 },
            ["timeout_ms"] = 10_000,
        });
        Assert.Equal(0, answer.Only("topics").Number("error_code"));
    }
}
