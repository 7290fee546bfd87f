namespace StreamFlow.Broker.Tests.Support;

/// <summary>A transactional producer of raw requests.</summary>
public sealed record RawTransaction(RawClient Client, string Id, int Version, long ProducerId, int Epoch)
{
    private const int TransactionalBit = 0x10;

    /// <summary>From this version of EndTxn and TxnOffsetCommit on, clients speak version 2 of transactions.</summary>
    private const int Version2From = 5;

    public static async Task<RawTransaction> InitAsync(RawClient client, string id, int version, int timeoutMs = 30_000)
    {
        WireStruct answer = await client.CallAsync("InitProducerId", Math.Max(version, 3), new WireStruct
        {
            ["transactional_id"] = id,
            ["transaction_timeout_ms"] = timeoutMs,
            ["producer_id"] = -1,
            ["producer_epoch"] = -1,
        });
        Assert.Equal(0, answer.Number("error_code"));
        return new RawTransaction(
            client, id, version, answer.Number("producer_id"), (int)answer.Number("producer_epoch"));
    }

    public async Task<List<long>> AddAsync(string topic, params int[] partitions)
    {
        WireStruct answer = await Client.CallAsync("AddPartitionsToTxn", Version, Request(new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = topic, ["partitions"] = partitions },
        }));
        return [.. answer.Only("results_by_topic").Structs("results_by_partition")
            .Select(x => x.Number("partition_error_code"))];
    }

    /// <summary>Produces with version 8, or with 12 where this speaks version 2 of transactions.</summary>
    public async Task<WireStruct> ProduceAsync(string topic, int partition, int sequence, string value)
    {
        int version = Version >= Version2From ? 12 : 8;
        return await ReceiveProducedAsync(version, await SendProduceAsync(topic, partition, sequence, value, version));
    }

    public async Task<WireStruct> ReceiveProducedAsync(int version, int correlation) =>
        (await Client.ReceiveAsync("Produce", version, correlation)).Only("responses").Only("partition_responses");

    public Task<int> SendProduceAsync(string topic, int partition, int sequence, string value, int version)
    {
        byte[] batch = TestBatch.Build(
            new TestBatchOptions
            {
                Attributes = TransactionalBit,
                ProducerId = ProducerId,
                ProducerEpoch = (short)Epoch,
                BaseSequence = sequence,
            },
            value);
        WireStruct request = Requests.Produce(topic, partition, batch);
        request["transactional_id"] = Id;
        return Client.SendAsync("Produce", version, request);
    }

    public async Task<long> AddOffsetsAsync(string group) => (await Client.CallAsync(
        "AddOffsetsToTxn", Version, Request(new WireStruct { ["group_id"] = group }))).Number("error_code");

    public async Task<long> CommitOffsetAsync(
        string group, string topic, int partition, long offset, int generation = -1, string member = "",
        string? instance = null)
    {
        WireStruct answer = await Client.CallAsync("TxnOffsetCommit", Version, Request(new WireStruct
        {
            ["group_id"] = group,
            ["generation_id"] = generation,
            ["member_id"] = member,
            ["group_instance_id"] = instance,
            ["topics"] = new WireStruct
            {
                ["name"] = topic,
                ["partitions"] = new WireStruct
                {
                    ["partition_index"] = partition,
                    ["committed_offset"] = offset,
                    ["committed_leader_epoch"] = -1,
                    ["committed_metadata"] = "",
                },
            },
        }));
        return answer.Only("topics").Only("partitions").Number("error_code");
    }

    public async Task<long> EndAsync(bool commit) => (await EndWithAsync(commit)).Number("error_code");

    /// <summary>Ends the transaction and goes on as what version 2 makes of the producer.</summary>
    public async Task<RawTransaction> NextAsync(bool commit)
    {
        WireStruct answer = await EndWithAsync(commit);
        Assert.Equal(0, answer.Number("error_code"));
        return As(answer);
    }

    /// <summary>This as what an answer to EndTxn of version 2 makes of it.</summary>
    public RawTransaction As(WireStruct answer) =>
        this with { ProducerId = answer.Number("producer_id"), Epoch = (int)answer.Number("producer_epoch") };

    public Task<WireStruct> EndWithAsync(bool commit) =>
        Client.CallAsync("EndTxn", Version, Request(new WireStruct { ["committed"] = commit }));

    private WireStruct Request(WireStruct request)
    {
        request["transactional_id"] = Id;
        request["producer_id"] = ProducerId;
        request["producer_epoch"] = Epoch;
        return request;
    }
}
