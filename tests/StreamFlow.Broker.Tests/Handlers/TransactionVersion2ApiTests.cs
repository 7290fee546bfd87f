using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>Version 2 of transactions on the wire. What is expected was seen of Apache Kafka 4.3.1, frame by frame.</summary>
public sealed class TransactionVersion2ApiTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 3)] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 2)]
    public async Task ApiVersions_finalizes_version_2_and_tells_ranges_from_0_to_clients_that_take_them(int version, int supported)
    {
        WireStruct answer = await _client.CallAsync("ApiVersions", version, MinimalRequests.For("ApiVersions"));
        WireStruct feature = answer.Structs("finalized_features").Single(x => x.Text("name") == "transaction.version");
        Assert.Equal((2L, 2L), (feature.Number("min_version_level"), feature.Number("max_version_level")));
        Assert.Equal(1, answer.Number("finalized_features_epoch"));
        Assert.Equal(supported, answer.ContainsKey("supported_features") ? answer.Structs("supported_features").Count() : 0);
    }

    [Fact]
    public async Task Batch_includes_its_partition_and_one_of_an_ended_transaction_that_comes_late_is_refused()
    {
        RawTransaction first = await RawTransaction.InitAsync(_client, "tx", 5);
        Assert.Equal(0, (await first.ProduceAsync("t", 0, 0, "aborted")).Number("error_code"));
        RawTransaction second = await first.NextAsync(commit: false);
        Assert.Equal((first.ProducerId, first.Epoch + 1), (second.ProducerId, second.Epoch));

        // Where the transaction was, where it never was, and where the next one is.
        Assert.Equal(0, (await second.ProduceAsync("t", 1, 0, "committed")).Number("error_code"));
        for (int partition = 0; partition < 3; partition++)
        {
            Assert.Equal(47, (await first.ProduceAsync("t", partition, 1, "late")).Number("error_code"));
        }

        await second.NextAsync(commit: true);
        Assert.Equal(["committed"], (await _client.FetchAsync("t", 1, 0)).Bytes("records") is { } records
            ? TestBatch.ReadTransactional(records).Select(static x => x.Value)
            : []);
    }

    [Fact]
    public async Task Batches_that_are_under_way_together_keep_their_order_while_the_partition_joins()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 5);
        int[] sent = new int[5];
        for (int i = 0; i < sent.Length; i++)
        {
            sent[i] = await tx.SendProduceAsync("t", 0, i, $"{i}", 12);
        }

        for (int i = 0; i < sent.Length; i++)
        {
            WireStruct answer = await tx.ReceiveProducedAsync(12, sent[i]);
            Assert.Equal((0L, (long)i), (answer.Number("error_code"), answer.Number("base_offset")));
        }
    }

    [Theory]
    [InlineData("tx", 0, 1, 47)]
    [InlineData("tx", 1, 0, 49)]
    [InlineData("other", 0, 0, 49)]
    public async Task Batch_of_another_producer_is_refused(string id, int idDelta, int epochDelta, int error)
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 5);
        RawTransaction other = tx with { Id = id, ProducerId = tx.ProducerId + idDelta, Epoch = tx.Epoch + epochDelta };
        Assert.Equal(error, (await other.ProduceAsync("t", 0, 0, "x")).Number("error_code"));
    }

    [Fact]
    public async Task First_batch_of_a_partition_must_have_the_sequence_0_and_its_transactional_id()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 5);
        Assert.Equal(45, (await tx.ProduceAsync("t", 0, 5, "x")).Number("error_code"));
        Assert.Equal(53, (await (tx with { Id = null! }).ProduceAsync("t", 0, 0, "x")).Number("error_code"));
        int sent = await tx.SendProduceAsync("t", 1, 0, "x", 11);
        Assert.Equal(120, (await tx.ReceiveProducedAsync(11, sent)).Number("error_code"));
    }

    [Fact]
    public async Task TxnOffsetCommit_includes_the_offsets_and_EndTxn_repeated_is_answered_the_same()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 5);
        Assert.Equal(120, await (tx with { Version = 4 }).CommitOffsetAsync("g", "t", 0, 3));
        Assert.Equal(48, await (tx with { Version = 3 }).CommitOffsetAsync("g", "t", 0, 3));
        Assert.Equal(47, await (tx with { Epoch = tx.Epoch + 1 }).CommitOffsetAsync("g", "t", 0, 3));
        Assert.Equal(0, await tx.CommitOffsetAsync("g", "t", 0, 3));
        RawTransaction next = await tx.NextAsync(commit: true);
        Assert.Equal(next, await tx.NextAsync(commit: true));
        Assert.Equal(48, await tx.EndAsync(commit: false));
        Assert.Equal(48, await next.EndAsync(commit: true));
        WireStruct fetched = await _client.CallAsync("OffsetFetch", 7, new WireStruct
        {
            ["group_id"] = "g",
            ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 0 } },
            ["require_stable"] = true,
        });
        Assert.Equal(3, fetched.Only("topics").Only("partitions").Number("committed_offset"));
    }

    [Fact]
    public async Task AddPartitionsToTxn_takes_many_transactions_and_verifies_without_adding()
    {
        RawTransaction a = await RawTransaction.InitAsync(_client, "a", 5);
        RawTransaction b = await RawTransaction.InitAsync(_client, "b", 5);
        Assert.Equal([120L, 3L], await AddAsync(verifyOnly: true, a, 0, 9));
        Assert.Equal([0L, 0L], await AddAsync(verifyOnly: false, a, 0, 1));
        Assert.Equal([55L, 3L], await AddAsync(verifyOnly: false, b, 0, 9));
        Assert.Equal([0L, 120L], await AddAsync(verifyOnly: true, a, 0, 2));
        Assert.Equal([90L], await AddAsync(verifyOnly: true, a with { Epoch = 7 }, 0));
        Assert.Equal([90L], await AddAsync(verifyOnly: false, a with { Epoch = 7 }, 0));
    }

    [Fact]
    public async Task WriteTxnMarkers_ends_a_transaction_in_a_partition_and_refuses_older_coordinators()
    {
        RawTransaction tx = await RawTransaction.InitAsync(_client, "tx", 5);
        await tx.ProduceAsync("t", 0, 0, "x");
        Assert.Equal([0L, 3L], await MarkAsync(tx, coordinatorEpoch: 5, version: 0, 0, 9));
        Assert.Equal([52L], await MarkAsync(tx, coordinatorEpoch: 4, version: 0, 0));
        Assert.Equal(120, (await tx.ProduceAsync("t", 0, 1, "x")).Number("error_code"));
        RawTransaction next = await tx.NextAsync(commit: false);
        Assert.Equal([47L], await MarkAsync(tx, coordinatorEpoch: 5, version: 0, 0));
        await next.ProduceAsync("t", 0, 0, "y");
        Assert.Equal([47L], await MarkAsync(next, coordinatorEpoch: 5, version: 2, 0));
        Assert.Equal([0L], await MarkAsync(next with { Epoch = next.Epoch + 1 }, coordinatorEpoch: 5, version: 2, 0));
    }

    [Fact]
    public async Task ListTransactions_filters_by_a_pattern_of_the_whole_id()
    {
        foreach (string id in (string[])["a-1", "a-2", "ba-1"])
        {
            await RawTransaction.InitAsync(_client, id, 5);
        }

        Assert.Equal(["a-1", "a-2"], (await ListAsync("a-[0-9]")).Structs("transaction_states")
            .Select(static x => x.Text("transactional_id")!).Order());
        Assert.Equal(3, (await ListAsync("")).Structs("transaction_states").Count());
        Assert.Equal(3, (await ListAsync(null)).Structs("transaction_states").Count());
        Assert.Equal(128, (await ListAsync("[")).Number("error_code"));
        Assert.Equal(128, (await ListAsync("(?=a)a")).Number("error_code"));
    }

    private Task<WireStruct> ListAsync(string? pattern) => _client.CallAsync("ListTransactions", 2, new WireStruct
    {
        ["duration_filter"] = -1L,
        ["transactional_id_pattern"] = pattern,
    });

    private async Task<List<long>> AddAsync(bool verifyOnly, RawTransaction tx, params int[] partitions)
    {
        WireStruct answer = await _client.CallAsync("AddPartitionsToTxn", 5, new WireStruct
        {
            ["transactions"] = new WireStruct
            {
                ["transactional_id"] = tx.Id,
                ["producer_id"] = tx.ProducerId,
                ["producer_epoch"] = tx.Epoch,
                ["verify_only"] = verifyOnly,
                ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = partitions },
            },
        });
        return [.. answer.Only("results_by_transaction").Only("topic_results").Structs("results_by_partition")
            .Select(static x => x.Number("partition_error_code"))];
    }

    private async Task<List<long>> MarkAsync(RawTransaction tx, int coordinatorEpoch, int version, params int[] partitions)
    {
        WireStruct answer = await _client.CallAsync("WriteTxnMarkers", 2, new WireStruct
        {
            ["markers"] = new WireStruct
            {
                ["producer_id"] = tx.ProducerId,
                ["producer_epoch"] = tx.Epoch,
                ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = partitions },
                ["coordinator_epoch"] = coordinatorEpoch,
                ["transaction_version"] = version,
            },
        });
        return [.. answer.Only("markers").Only("topics").Structs("partitions").Select(static x => x.Number("error_code"))];
    }
}
