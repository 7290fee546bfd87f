using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>The transaction APIs on the wire: which version says what. The rules behind them are tested with the coordinator.</summary>
public sealed class TransactionApiTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("t", 2)],
            TransactionMaxTimeout = TimeSpan.FromSeconds(60),
        });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Transaction_with_offsets_runs_in_every_version(int version)
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", version);
        Assert.Equal([0L, 0L], await tx.AddAsync("t", 0, 1));
        WireStruct produced = await tx.ProduceAsync("t", 0, 0, "value");
        Assert.Equal((0L, 0L), (produced.Number("error_code"), produced.Number("base_offset")));
        Assert.Equal(0, await tx.AddOffsetsAsync("g"));
        Assert.Equal(0, await tx.CommitOffsetAsync("g", "t", 0, 42));
        Assert.Equal((0L, 1L), await StableAndHighAsync());
        Assert.Equal((-1L, 88L), await OffsetAsync(requireStable: true));
        Assert.Equal((-1L, 0L), await OffsetAsync(requireStable: false));

        Assert.Equal(0, await tx.EndAsync(commit: true));

        Assert.Equal((2L, 2L), await StableAndHighAsync());
        Assert.Equal((42L, 0L), await OffsetAsync(requireStable: true));
        Assert.Equal(0, await tx.EndAsync(commit: true));
        Assert.Equal(48, await tx.EndAsync(commit: false));
    }

    [Theory]
    [InlineData(0, 47)]
    [InlineData(1, 47)]
    [InlineData(2, 90)]
    [InlineData(3, 90)]
    public async Task Fenced_producer_is_told_so_in_the_terms_of_its_version(int version, int fenced)
    {
        RawTransaction old = await RawTransaction.InitAsync(_client, "tx", version);
        await old.AddAsync("t", 0);
        await old.AddOffsetsAsync("g");
        await old.ProduceAsync("t", 0, 0, "lost");
        RawTransaction young = await RawTransaction.InitAsync(_client, "tx", version);
        Assert.Equal((old.ProducerId, old.Epoch + 2), (young.ProducerId, young.Epoch));

        Assert.Equal([fenced], await old.AddAsync("t", 1));
        Assert.Equal(fenced, await old.AddOffsetsAsync("g"));
        Assert.Equal(fenced, await old.EndAsync(commit: true));
        Assert.Equal(47, await old.CommitOffsetAsync("g", "t", 0, 1));
        Assert.Equal(47, (await old.ProduceAsync("t", 0, 1, "late")).Number("error_code"));
        RawTransaction wrong = young with { ProducerId = 999 };
        Assert.Equal(49, await wrong.EndAsync(commit: true));
        Assert.Equal([49L], await wrong.AddAsync("t", 0));
        Assert.Equal(49, await wrong.CommitOffsetAsync("g", "t", 0, 1));
        Assert.Equal(48, await young.CommitOffsetAsync("g", "t", 0, 1));
    }

    [Theory]
    [InlineData(3, 47)]
    [InlineData(4, 90)]
    public async Task InitProducerId_of_a_stale_producer_is_fenced_in_the_terms_of_its_version(int version, int fenced)
    {
        RawTransaction old = await RawTransaction.InitAsync(_client, "tx", 3);
        RawTransaction young = await RawTransaction.InitAsync(_client, "tx", 3);
        Assert.Equal(fenced, (await InitAsync("tx", 1000, version, old.ProducerId, old.Epoch)).Number("error_code"));
        WireStruct bumped = await InitAsync("tx", 1000, version, young.ProducerId, young.Epoch);
        Assert.Equal((0L, young.Epoch + 1L), (bumped.Number("error_code"), bumped.Number("producer_epoch")));
    }

    [Theory]
    [InlineData("", 1000, 42)]
    [InlineData("tx", 0, 50)]
    [InlineData("tx", -1, 50)]
    [InlineData("tx", 60_001, 50)]
    [InlineData("tx", 60_000, 0)]
    public async Task InitProducerId_checks_id_and_timeout(string id, int timeoutMs, int error) =>
        Assert.Equal(error, (await InitAsync(id, timeoutMs, 4, -1, -1)).Number("error_code"));

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(7, -1)]
    public async Task InitProducerId_names_a_producer_wholly_or_not_at_all(long producerId, int epoch) =>
        Assert.Equal(42, (await InitAsync("tx", 1000, 4, producerId, epoch)).Number("error_code"));

    [Fact]
    public async Task TxnOffsetCommit_of_a_zombie_is_refused_by_generation_member_and_instance()
    {
        string member = (await JoinAsync("i")).Text("member_id")!;
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 3);
        await tx.AddOffsetsAsync("g");
        Assert.Equal(0, await tx.CommitOffsetAsync("g", "t", 0, 1, generation: 1, member, instance: "i"));
        Assert.Equal(0, await tx.CommitOffsetAsync("g", "t", 0, 2, generation: 1, member));
        Assert.Equal(22, await tx.CommitOffsetAsync("g", "t", 0, 3, generation: 0, member, instance: "i"));
        Assert.Equal(25, await tx.CommitOffsetAsync("g", "t", 0, 3, generation: 1, "stranger"));
        Assert.Equal(25, await tx.CommitOffsetAsync("g", "t", 0, 3, generation: 1, member, instance: "other"));
        Assert.Equal(22, await tx.CommitOffsetAsync("absent", "t", 0, 3, generation: 1, member));
        await JoinAsync("i");
        Assert.Equal(82, await tx.CommitOffsetAsync("g", "t", 0, 3, generation: 1, member, instance: "i"));
        Assert.Equal(0, await tx.EndAsync(commit: true));
        Assert.Equal((2L, 0L), await OffsetAsync(requireStable: true));
    }

    [Fact]
    public async Task AddPartitionsToTxn_with_an_unknown_or_internal_partition_adds_nothing()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 3);
        Assert.Equal([55L, 3L], await tx.AddAsync("t", 0, 2));
        Assert.Equal([17L], await tx.AddAsync("__consumer_offsets", 0));
        Assert.Equal(48, (await tx.ProduceAsync("t", 0, 0, "x")).Number("error_code"));
        Assert.Equal(48, await tx.EndAsync(commit: true));
    }

    [Fact]
    public async Task Fetch_lists_aborted_transactions_to_read_committed_only_and_is_woken_by_the_marker()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 3);
        await tx.AddAsync("t", 0);
        await tx.ProduceAsync("t", 0, 0, "aborted");
        using RawClient reader = await RawClient.ConnectAsync(_broker.Port);
        WireStruct request = Requests.Fetch("t", 0, 0, maxWaitMs: 600_000);
        request["isolation_level"] = 1;
        int correlation = await reader.SendAsync("Fetch", 11, request);

        await tx.EndAsync(commit: false);

        WireStruct woken = (await reader.ReceiveAsync("Fetch", 11, correlation)).Only("responses").Only("partitions");
        WireStruct aborted = woken.Only("aborted_transactions");
        Assert.Equal((tx.ProducerId, 0L), (aborted.Number("producer_id"), aborted.Number("first_offset")));
        Assert.Equal((2L, 2L), (woken.Number("high_watermark"), woken.Number("last_stable_offset")));
        Assert.Null((await reader.FetchAsync("t", 0, 0))["aborted_transactions"]);
    }

    [Fact]
    public async Task Administrators_list_and_describe_transactions_and_producers()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "open", 3);
        await tx.AddAsync("t", 1);
        await tx.ProduceAsync("t", 1, 0, "x");
        await RawTransaction.InitAsync(_client, "idle", 3);

        WireStruct listed = await _client.CallAsync("ListTransactions", 1, new WireStruct
        {
            ["state_filters"] = new[] { "Ongoing", "Absurd" },
            ["duration_filter"] = -1,
        });
        Assert.Equal(["Absurd"], listed.List("unknown_state_filters"));
        Assert.Equal("open", listed.Only("transaction_states").Text("transactional_id"));

        WireStruct described = await _client.CallAsync("DescribeTransactions", 0, new WireStruct
        {
            ["transactional_ids"] = new[] { "open", "absent" },
        });
        WireStruct open = described.Structs("transaction_states").First();
        Assert.Equal((0L, "Ongoing"), (open.Number("error_code"), open.Text("transaction_state")));
        Assert.Equal("t", open.Only("topics").Text("topic"));
        Assert.Equal(105, described.Structs("transaction_states").Last().Number("error_code"));

        WireStruct producers = (await _client.CallAsync("DescribeProducers", 0, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 1 } },
        })).Only("topics").Only("partitions");
        WireStruct producer = producers.Only("active_producers");
        Assert.Equal(
            (tx.ProducerId, 0L), (producer.Number("producer_id"), producer.Number("current_txn_start_offset")));
    }

    /// <summary>Joins as a static member; the second time it takes over from the first.</summary>
    private Task<WireStruct> JoinAsync(string instance) => _client.CallAsync("JoinGroup", 5, new WireStruct
    {
        ["group_id"] = "g",
        ["session_timeout_ms"] = 30_000,
        ["rebalance_timeout_ms"] = 30_000,
        ["member_id"] = "",
        ["group_instance_id"] = instance,
        ["protocol_type"] = "consumer",
        ["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[] { 7 } },
    });

    private Task<WireStruct> InitAsync(string id, int timeoutMs, int version, long producerId, int epoch) =>
        _client.CallAsync("InitProducerId", version, new WireStruct
        {
            ["transactional_id"] = id,
            ["transaction_timeout_ms"] = timeoutMs,
            ["producer_id"] = producerId,
            ["producer_epoch"] = epoch,
        });

    private async Task<(long Stable, long High)> StableAndHighAsync()
    {
        var ends = new long[2];
        for (int isolation = 0; isolation < 2; isolation++)
        {
            WireStruct answer = await _client.CallAsync("ListOffsets", 5, new WireStruct
            {
                ["replica_id"] = -1,
                ["isolation_level"] = isolation,
                ["topics"] = new WireStruct
                {
                    ["name"] = "t",
                    ["partitions"] = new WireStruct { ["current_leader_epoch"] = -1, ["timestamp"] = -1L },
                },
            });
            ends[isolation] = answer.Only("topics").Only("partitions").Number("offset");
        }

        return (ends[1], ends[0]);
    }

    private async Task<(long Offset, long Error)> OffsetAsync(bool requireStable)
    {
        WireStruct answer = await _client.CallAsync("OffsetFetch", 7, new WireStruct
        {
            ["group_id"] = "g",
            ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 0 } },
            ["require_stable"] = requireStable,
        });
        WireStruct partition = answer.Only("topics").Only("partitions");
        return (partition.Number("committed_offset"), partition.Number("error_code"));
    }
}
