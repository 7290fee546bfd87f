using System.Text.Json;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Cli.Tests.Brokers;

/// <content>Transactions, access, brokers, measurements.</content>
public abstract partial class CommandSuite
{
    [SkippableFact]
    public async Task Open_transaction_is_listed_described_hidden_from_readers_of_what_is_committed_and_aborted()
    {
        await DoneAsync("topics", "create", _name);
        await using (Cluster cluster = new(new ClientSettings { Servers = ClientProperties.Servers(broker.Servers, "") }, TimeProvider.System))
        {
            await OpenTransactionAsync(cluster, _name, _name);
        }

        JsonElement listed = (await JsonAsync("txns", "list", "--state", "Ongoing")).EnumerateArray().Single(t => t.GetProperty("transactionalId").GetString() == _name);
        JsonElement described = (await JsonAsync("txns", "describe", _name)).EnumerateArray().Single();
        Assert.Equal(listed.GetProperty("producerId").GetInt64(), described.GetProperty("producerId").GetInt64());
        Assert.Equal("""["PLACE-0"]""".Replace("PLACE", _name, StringComparison.Ordinal), described.GetProperty("partitions").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(0, (await JsonAsync("txns", "producers", _name)).EnumerateArray().Single().GetProperty("startOffset").GetInt32());
        Assert.Empty((await JsonAsync("txns", "find-hanging", _name)).EnumerateArray());
        Assert.Equal("open\n", await DoneAsync("consume", _name, "--from-beginning", "-e"));

        await DoneAsync("txns", "abort", _name);
        await WaitAsync(async () => (await JsonAsync("txns", "describe", _name)).EnumerateArray().Single().GetProperty("state").GetString() is "CompleteAbort" or "Empty");
        Assert.Equal("", await DoneAsync("consume", _name, "--from-beginning", "-e", "--isolation-level", "read_committed"));
        Assert.Contains("TRANSACTIONAL_ID_NOT_FOUND", (await FailsAsync("txns", "abort", $"{_name}-none")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Contains("No transaction is open in", (await FailsAsync("txns", "abort", "--topic", _name, "--partition", "0", "--start-offset", "0")).Failed(ExitCode.Failed), StringComparison.Ordinal);
    }

    /// <summary>Brokers keep the time at which it began.</summary>
    [SkippableFact]
    public async Task Transaction_that_has_ended_is_not_shown_as_open()
    {
        await DoneAsync("topics", "create", _name);
        await using Cluster cluster = new(new ClientSettings { Servers = ClientProperties.Servers(broker.Servers, "") }, TimeProvider.System);
        await OpenTransactionAsync(cluster, _name, _name);
        JsonElement open = await DescribedAsync();
        Assert.Equal(JsonValueKind.Number, open.GetProperty("openForMs").ValueKind);

        BrokerConnection coordinator = await cluster.CoordinatorAsync(_name, isTransaction: true, default);
        EndTxnResponse ended = await coordinator.SendAsync(
            new EndTxnRequest { TransactionalId = _name, ProducerId = open.GetProperty("producerId").GetInt64(), ProducerEpoch = open.GetProperty("producerEpoch").GetInt16(), Committed = true }, default);
        Offsets.Throw(ended.ErrorCode, _name);

        await WaitAsync(async () => (await DescribedAsync()).GetProperty("state").GetString() == "CompleteCommit");
        Assert.Equal(JsonValueKind.Null, (await DescribedAsync()).GetProperty("openForMs").ValueKind);
        async Task<JsonElement> DescribedAsync() => (await JsonAsync("txns", "describe", _name)).EnumerateArray().Single();
    }

    [SkippableFact]
    public async Task Records_are_deleted_before_an_offset_and_offsets_told()
    {
        using TemporaryFolder folder = new();
        await DoneAsync("topics", "create", _name);
        await FeedAsync("a\nb\nc\n", "produce", _name, "--timestamp", "1000");

        await DoneAsync("topics", "delete-records", _name, "--before", "1");
        JsonElement ends = (await JsonAsync("topics", "offsets", _name)).EnumerateArray().Single();
        Assert.Equal((1, 3, 2), (ends.GetProperty("startOffset").GetInt32(), ends.GetProperty("endOffset").GetInt32(), ends.GetProperty("records").GetInt32()));
        Assert.Equal(1, (await JsonAsync("topics", "offsets", _name, "--time", "500")).EnumerateArray().Single().GetProperty("offset").GetInt32());
        await DoneAsync("topics", "delete-records", "--from-file", folder.Write("o.json", $$"""{"partitions":[{"topic":"{{_name}}","partition":0,"offset":2}],"version":1}"""));
        Assert.Equal("c\n", await DoneAsync("consume", _name, "--from-beginning", "-e"));
        Assert.Contains($"records of {_name}-0 before 9: OFFSET_OUT_OF_RANGE ('streamflow topics offsets' shows", (await FailsAsync("topics", "delete-records", _name, "--before", "9")).Failed(ExitCode.Failed), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Settings_are_altered_listed_and_refused_with_the_brokers_reason()
    {
        await DoneAsync("topics", "create", _name);
        await DoneAsync("configs", "alter", "topic", _name, "--set", "retention.ms=1000");
        Assert.Equal(("1000", "topic"), Config(await JsonAsync("configs", "describe", "topic", _name), "retention.ms"));
        Assert.Contains("cleanup.policy", Strings(await JsonAsync("configs", "describe", "topic", _name, "--all"), "name"));
        Assert.Contains("INVALID_CONFIG", (await FailsAsync("configs", "alter", "topic", _name, "--set", "retention.ms=soon")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        await DoneAsync("configs", "alter", "topic", _name, "--delete", "retention.ms");
        Assert.DoesNotContain("retention.ms", Strings(await JsonAsync("configs", "describe", "topic", _name), "name"));
        Assert.Equal($"PLAINTEXT://{broker.Servers}", Config(await JsonAsync("configs", "describe", "broker", "1", "--all"), "listeners").Value!.Split(',')[0]);
        Assert.NotEmpty(Strings(await JsonAsync("configs", "describe", "broker-logger", "1"), "name"));
    }

    [SkippableFact]
    public async Task Access_is_given_shown_and_taken_where_the_broker_has_lists()
    {
        await IfOfferedAsync(ApiKey.CreateAcls, async () =>
        {
            await DoneAsync("acls", "add", "--principal", $"User:{_name}", "--topic", _name, "--producer");
            JsonElement acls = await JsonAsync("acls", "list", "--topic", _name);
            Assert.Equal(["create", "describe", "write"], Strings(acls, "operation").Order());
            Assert.All(acls.EnumerateArray(), a => Assert.Equal(("allow", "literal", $"User:{_name}"), (a.GetProperty("permission").GetString(), a.GetProperty("patternType").GetString(), a.GetProperty("principal").GetString())));
            await DoneAsync("acls", "remove", "--principal", $"User:{_name}");
            Assert.Empty((await JsonAsync("acls", "list", "--topic", _name)).EnumerateArray());
        });
    }

    /// <summary>Each that is named counts, not only the first.</summary>
    [SkippableFact]
    public async Task Access_of_several_principals_and_hosts_is_shown_and_taken_at_once()
    {
        await IfOfferedAsync(ApiKey.CreateAcls, async () =>
        {
            string[] principals = ["--principal", $"User:{_name}-a", "--principal", $"User:{_name}-b"];
            string[] hosts = ["--host", "10.0.0.1,10.0.0.2"];
            await DoneAsync(["acls", "add", "--topic", _name, "--operation", "read", .. principals, .. hosts]);

            JsonElement shown = await JsonAsync(["acls", "list", .. principals, .. hosts]);
            Assert.Equal([$"User:{_name}-a", $"User:{_name}-a", $"User:{_name}-b", $"User:{_name}-b"], Strings(shown, "principal"));
            Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"], Strings(shown, "host"));
            await DoneAsync(["acls", "remove", "--topic", _name, .. principals, .. hosts]);
            Assert.Empty((await JsonAsync("acls", "list", "--topic", _name)).EnumerateArray());
        });
    }

    [SkippableFact]
    public async Task Users_are_set_shown_and_deleted_where_the_broker_has_them()
    {
        await IfOfferedAsync(ApiKey.AlterUserScramCredentials, async () =>
        {
            await FeedAsync("secret\n", "users", "set", _name, "--mechanism", "SCRAM-SHA-256");
            await WaitAsync(async () => Parsed((await RunAsync(new Setting(), "users", "list", "--json")).Output).EnumerateArray().Any(u => u.GetProperty("user").GetString() == _name));
            await DoneAsync("users", "delete", _name, "--mechanism", "SCRAM-SHA-256");
        });
    }

    [SkippableFact]
    public async Task Brokers_tell_who_they_are_and_what_they_speak()
    {
        Assert.Single((await JsonAsync("cluster", "describe")).EnumerateArray());
        JsonElement produce = (await JsonAsync("cluster", "apis")).EnumerateArray().Single(a => a.GetProperty("key").GetInt32() == 0);
        Assert.Equal("Produce", produce.GetProperty("api").GetString());
        Assert.InRange(produce.GetProperty("usedVersion").GetInt32(), 3, produce.GetProperty("maxVersion").GetInt32());
        await IfOfferedAsync(ApiKey.DescribeQuorum, () => DoneAsync("cluster", "quorum"));
        await IfOfferedAsync(ApiKey.DescribeLogDirs, () => DoneAsync("cluster", "log-dirs"));
        await DoneAsync("cluster", "features");
    }

    [SkippableFact]
    public async Task Measurements_count_what_was_sent_and_read()
    {
        await DoneAsync("topics", "create", _name, "--partitions", "2");

        JsonElement sent = (await JsonAsync("bench", "produce", _name, "--records", "5000", "--size", "50")).EnumerateArray().Single();
        JsonElement read = (await JsonAsync("bench", "consume", _name)).EnumerateArray().Single();

        Assert.Equal((5000, 5000), (sent.GetProperty("records").GetInt32(), read.GetProperty("records").GetInt32()));
        Assert.True(sent.GetProperty("p50Ms").GetDouble() <= sent.GetProperty("p99Ms").GetDouble());
        Assert.Equal(5000, (await JsonAsync("topics", "offsets", _name)).EnumerateArray().Sum(p => p.GetProperty("records").GetInt32()));
    }

    private async Task IfOfferedAsync(ApiKey api, Func<Task> test)
    {
        JsonElement apis = await JsonAsync("cluster", "apis");
        Skip.IfNot(apis.EnumerateArray().Any(a => a.GetProperty("key").GetInt32() == (int)api), $"this broker does not offer {api}");
        await test();
    }

    private static async Task OpenTransactionAsync(Cluster cluster, string id, string topic)
    {
        InitProducerIdResponse producer = await cluster.RetryAsync(
            async () =>
            {
                BrokerConnection coordinator = await cluster.CoordinatorAsync(id, isTransaction: true, default);
                InitProducerIdResponse answer = await coordinator.SendAsync(new InitProducerIdRequest { TransactionalId = id, TransactionTimeoutMs = 60_000 }, default);
                Offsets.Throw(answer.ErrorCode, id);
                return answer;
            },
            default);
        BrokerConnection connection = await cluster.CoordinatorAsync(id, isTransaction: true, default);
        AddPartitionsToTxnRequest add = connection.VersionOf(ApiKey.AddPartitionsToTxn) >= 4
            ? new AddPartitionsToTxnRequest { Transactions = [new() { TransactionalId = id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, VerifyOnly = false, Topics = [new() { Name = topic, Partitions = [0] }] }] }
            : new AddPartitionsToTxnRequest { V3AndBelowTransactionalId = id, V3AndBelowProducerId = producer.ProducerId, V3AndBelowProducerEpoch = producer.ProducerEpoch, V3AndBelowTopics = [new() { Name = topic, Partitions = [0] }] };
        await connection.SendAsync(add, default);
        RecordBatchBuilder batch = new();
        batch.AddKeyless(1000, "open"u8);
        ProduceResponse produced = await connection.SendAsync(
            new ProduceRequest
            {
                TransactionalId = id, Acks = -1, TimeoutMs = 30_000,
                TopicData = [new() { Name = topic, PartitionData = [new() { Index = 0, Records = WireRecords.Of(batch.Build(RecordBatch.TransactionalBit, producer.ProducerId, producer.ProducerEpoch, 0).ToArray()) }] }],
            },
            default);
        Offsets.Throw(produced.Responses[0].PartitionResponses[0].ErrorCode, topic);
    }
}
