using System.Runtime.CompilerServices;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>Every API, asked by somebody who may do nothing, and by somebody who may do just that.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Begin = "<!-- access-table -->";
    private const string End = "<!-- /access-table -->";

    private static readonly Dictionary<string, int> Codes = new()
    {
        ["TOPIC_AUTHORIZATION_FAILED"] = 29,
        ["GROUP_AUTHORIZATION_FAILED"] = 30,
        ["CLUSTER_AUTHORIZATION_FAILED"] = 31,
        ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED"] = 53,
        ["answered"] = 0,
        ["what may not be seen is left out"] = 0,
    };

    private readonly LogLines _log = new();
    private EmbeddedBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
    {
        Listeners = [SecuredBroker.Sasl("PLAIN")],
        Users = [SecuredBroker.Alice, SecuredBroker.Admin],
        Authorization = new BrokerAuthorization { SuperUsers = ["User:admin"] },
        Topics = [new BrokerTopic("secret"), new BrokerTopic("open")],
        LoggerFactory = _log.Factory,
    });

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task Without_rights_every_API_is_refused_as_the_documentation_says()
    {
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        Dictionary<string, string> table = Table();
        Assert.Equal(ApiTable.All.Select(static x => x.Name), table.Keys);
        foreach (ApiDescriptor api in ApiTable.All)
        {
            if (api.Name.StartsWith("Sasl", StringComparison.Ordinal))
            {
                continue;
            }

            WireStruct answer = await alice.CallAsync(api.Name, VersionOf(api.Name), MinimalRequests.For(api.Name));
            int[] found = [.. AllCodes(answer).Distinct()];
            int expected = Codes[table[api.Name]];
            if (expected == 0)
            {
                // What has no client behind it may still be refused, for another reason.
                Assert.False(found.Any(Codes.Values.Where(static code => code != 0).Contains), $"{api.Name}: {string.Join(", ", found)}");
                continue;
            }

            Assert.True(found.Contains(expected), $"{api.Name}: {string.Join(", ", found)} and not {expected}");
            Assert.True(found.All(x => x is 0 or -1 || x == expected), $"{api.Name}: {string.Join(", ", found)}");
        }

        Assert.Equal(["open", "secret"], _broker.Describe().Topics.Where(static x => !x.IsInternal).Select(static x => x.Name));
    }

    [Fact]
    public async Task A_super_user_is_refused_nothing()
    {
        using RawClient admin = await LoginAsync(SecuredBroker.Admin);
        foreach (ApiDescriptor api in ApiTable.All.Where(static x => !x.Name.StartsWith("Sasl", StringComparison.Ordinal)))
        {
            WireStruct answer = await admin.CallAsync(api.Name, api.MaxVersion, MinimalRequests.For(api.Name));
            Assert.True(!AllCodes(answer).Any(Codes.Values.Where(static x => x > 0).Contains), api.Name);
        }
    }

    [Fact]
    public async Task Partitions_join_by_the_rights_of_the_transactional_id_in_the_versions_of_producers()
    {
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        WireStruct answer = await alice.CallAsync("AddPartitionsToTxn", 3, MinimalRequests.For("AddPartitionsToTxn"));
        Assert.Contains(53, AllCodes(answer));
    }

    [Theory]
    [InlineData("Produce", "Topic absent Write")]
    [InlineData("Fetch", "Topic absent Read")]
    [InlineData("ListOffsets", "Topic absent Describe")]
    [InlineData("ListOffsets", "Topic absent Delete")]
    [InlineData("Metadata", "Topic made-by-metadata Describe", "Cluster kafka-cluster Create")]
    [InlineData("Metadata", "Topic made-by-metadata Create", "Topic made-by-metadata Read")]
    [InlineData("OffsetCommit", "Group absent Read", "Topic absent Read")]
    [InlineData("OffsetFetch", "Group absent Describe")]
    [InlineData("FindCoordinator", "Group g Describe")]
    [InlineData("JoinGroup", "Group absent Read")]
    [InlineData("SyncGroup", "Group absent Read")]
    [InlineData("Heartbeat", "Group absent Read")]
    [InlineData("LeaveGroup", "Group absent Read")]
    [InlineData("DescribeGroups", "Group absent Describe")]
    [InlineData("CreateTopics", "Cluster kafka-cluster Create", "Topic made DescribeConfigs")]
    [InlineData("CreateTopics", "Topic made Create", "Topic made DescribeConfigs")]
    [InlineData("DeleteTopics", "Topic absent Delete")]
    [InlineData("DeleteRecords", "Topic absent Delete")]
    [InlineData("InitProducerId", "Cluster kafka-cluster IdempotentWrite")]
    [InlineData("InitProducerId", "Topic anything Write")]
    [InlineData("OffsetForLeaderEpoch", "Topic absent Describe")]
    [InlineData(
        "AddPartitionsToTxn", "TransactionalId absent Write", "Topic absent Write", "Cluster kafka-cluster ClusterAction")]
    [InlineData("AddOffsetsToTxn", "TransactionalId absent Write", "Group absent Read")]
    [InlineData("EndTxn", "TransactionalId absent Write")]
    [InlineData("WriteTxnMarkers", "Cluster kafka-cluster ClusterAction")]
    [InlineData("WriteTxnMarkers", "Cluster kafka-cluster Alter")]
    [InlineData("TxnOffsetCommit", "TransactionalId absent Write", "Group absent Read", "Topic absent Read")]
    [InlineData("DescribeAcls", "Cluster kafka-cluster Describe")]
    [InlineData("CreateAcls", "Cluster kafka-cluster Alter")]
    [InlineData("DescribeConfigs", "Cluster kafka-cluster DescribeConfigs")]
    [InlineData("AlterConfigs", "Topic absent AlterConfigs")]
    [InlineData("IncrementalAlterConfigs", "Topic absent AlterConfigs")]
    [InlineData("CreatePartitions", "Topic absent Alter")]
    [InlineData("DeleteGroups", "Group absent Delete")]
    [InlineData("OffsetDelete", "Group absent Delete")]
    [InlineData("DescribeUserScramCredentials", "Cluster kafka-cluster Describe")]
    [InlineData("AlterUserScramCredentials", "Cluster kafka-cluster Alter")]
    [InlineData("ElectLeaders", "Cluster kafka-cluster Alter")]
    [InlineData("ConsumerGroupHeartbeat", "Group absent Read", "Topic absent Describe")]
    [InlineData("ConsumerGroupDescribe", "Group absent Describe")]
    [InlineData("AlterPartitionReassignments", "Cluster kafka-cluster Alter")]
    [InlineData("ListPartitionReassignments", "Cluster kafka-cluster Describe")]
    [InlineData("AlterReplicaLogDirs", "Cluster kafka-cluster Alter")]
    [InlineData("DescribeLogDirs", "Cluster kafka-cluster Describe")]
    [InlineData("DescribeQuorum", "Cluster kafka-cluster Describe")]
    [InlineData("UpdateFeatures", "Cluster kafka-cluster Alter")]
    [InlineData("ListConfigResources", "Cluster kafka-cluster DescribeConfigs")]
    [InlineData("DescribeProducers", "Topic absent Read")]
    [InlineData("DescribeTransactions", "TransactionalId absent Describe")]
    [InlineData("DescribeTopicPartitions", "Topic absent Describe")]
    public async Task With_just_the_rights_that_it_needs_an_API_is_answered(string api, params string[] rights)
    {
        using RawClient admin = await LoginAsync(SecuredBroker.Admin);
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        int version = VersionOf(api);
        foreach (string right in rights)
        {
            // One is missing each time.
            WireStruct refused = await alice.CallAsync(api, version, MinimalRequests.For(api));
            Assert.Contains(AllCodes(refused), static x => Codes.ContainsValue(x) && x > 0);
            await AllowAsync(admin, right);
        }

        WireStruct answer = await alice.CallAsync(api, version, MinimalRequests.For(api));
        Assert.DoesNotContain(AllCodes(answer), static x => Codes.ContainsValue(x) && x > 0);
    }

    [Fact]
    public async Task Topics_that_one_may_not_describe_are_hidden()
    {
        using RawClient admin = await LoginAsync(SecuredBroker.Admin);
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        await AllowAsync(admin, "Topic open Read");
        WireStruct all = await alice.CallAsync("Metadata", 12, new WireStruct { ["topics"] = null });
        Assert.Equal(["open"], all.Structs("topics").Select(static x => x.Text("name")));

        // Whether it exists or not makes no difference.
        WireStruct named = await alice.CallAsync("Metadata", 12, Requests.Metadata("secret", "missing"));
        Assert.All(named.Structs("topics"), static topic =>
        {
            Assert.Equal(29, topic.Number("error_code"));
            Assert.Empty(topic.List("partitions"));
        });
    }

    [Fact]
    public async Task Rules_are_listed_deleted_and_refused_when_malformed()
    {
        using RawClient admin = await LoginAsync(SecuredBroker.Admin);
        await AllowAsync(admin, "Topic open Read");
        await AllowAsync(admin, "Group g Read");
        WireStruct found = await admin.CallAsync("DescribeAcls", 3, MinimalRequests.For("DescribeAcls"));
        Assert.Equal(["open", "g"], found.Structs("resources").Select(static x => x.Text("resource_name")));
        WireStruct bad = MinimalRequests.For("CreateAcls");
        ((WireStruct)bad["creations"]!)["principal"] = "alice";
        Assert.Equal(42, (await admin.CallAsync("CreateAcls", 3, bad)).Only("results").Number("error_code"));
        WireStruct deleted = (await admin.CallAsync("DeleteAcls", 3, MinimalRequests.For("DeleteAcls"))).Only("filter_results");
        Assert.Equal(2, deleted.List("matching_acls").Count);
        found = await admin.CallAsync("DescribeAcls", 3, MinimalRequests.For("DescribeAcls"));
        Assert.Empty(found.List("resources"));
    }

    [Fact]
    public async Task A_transaction_needs_the_right_to_its_id_also_when_the_request_does_not_name_it()
    {
        using RawClient admin = await LoginAsync(SecuredBroker.Admin);
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        await AllowAsync(admin, "Topic open Write");
        byte[] batch = TestBatch.Build(new TestBatchOptions { Attributes = 0x10 }, "x");
        WireStruct answer = await alice.ProduceAsync("open", 0, batch);
        Assert.Equal(53, answer.Number("error_code"));
    }

    [Fact]
    public async Task Refusals_are_written_down_once_and_names_cannot_forge_a_line()
    {
        using RawClient alice = await LoginAsync(SecuredBroker.Alice);
        for (int i = 0; i < 50; i++)
        {
            await alice.CallAsync("ListOffsets", 7, new WireStruct
            {
                ["topics"] = new WireStruct { ["name"] = "t\nRefused User:bob", ["partitions"] = new WireStruct() },
            });
        }

        string line = Assert.Single(_log, static x => x.Contains("ListOffsets", StringComparison.Ordinal));
        Assert.Contains("Refused User:alice from 127.0.0.1: Describe on Topic", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public async Task Without_authorization_rules_cannot_be_kept_and_clients_are_told()
    {
        await using EmbeddedBroker open = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(open.Port);
        Assert.Contains(54, AllCodes(await client.CallAsync("CreateAcls", 3, MinimalRequests.For("CreateAcls"))));
        Assert.Contains(54, AllCodes(await client.CallAsync("DescribeAcls", 3, MinimalRequests.For("DescribeAcls"))));
        Assert.Contains(54, AllCodes(await client.CallAsync("DeleteAcls", 3, MinimalRequests.For("DeleteAcls"))));
    }

    /// <summary>By its id a topic that is not there is unknown to everybody; by its name it is nobody's business.</summary>
    private static int VersionOf(string api) => api switch
    {
        "Fetch" or "Produce" => 12,
        "OffsetCommit" or "OffsetFetch" => 9,
        _ => ApiTable.All.Single(x => x.Name == api).MaxVersion,
    };

    private static IEnumerable<int> AllCodes(WireStruct answer)
    {
        foreach ((string name, object? value) in answer)
        {
            if (name.EndsWith("error_code", StringComparison.Ordinal))
            {
                yield return (int)(long)value!;
            }
            else if (value is WireStruct one)
            {
                foreach (int code in AllCodes(one))
                {
                    yield return code;
                }
            }
            else if (value is List<object?> many)
            {
                foreach (int code in many.OfType<WireStruct>().SelectMany(AllCodes))
                {
                    yield return code;
                }
            }
        }
    }

    private static async Task AllowAsync(RawClient admin, string right)
    {
        string[] part = right.Split(' ');
        await admin.AllowAsync(Enum.Parse<AclResourceType>(part[0]), part[1], Enum.Parse<AclOperation>(part[2]));
    }

    private static Dictionary<string, string> Table([CallerFilePath] string path = "")
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
        string[] document = File.ReadAllLines(Path.Combine(root, "docs", "broker.md"));
        string[] rows = document[(Array.IndexOf(document, Begin) + 3)..Array.IndexOf(document, End)];
        return rows.Select(static x => x.Split('|')).ToDictionary(static x => x[1].Trim(), static x => x[3].Trim());
    }

    private async Task<RawClient> LoginAsync(BrokerUser user)
    {
        RawClient client = await RawClient.ConnectAsync(_broker.Port);
        await client.LoginAsync(user.Name, user.Password());
        return client;
    }
}
