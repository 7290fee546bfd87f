using StreamFlow.Broker.Security;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>What clients are told that they may do (KIP-430); the numbers without rules are those of Apache Kafka 4.3.1.</summary>
public sealed class AuthorizedOperationsTests
{
    private const long NotAsked = int.MinValue;
    private const long AllOfTopics = 3576;
    private const long AllOfGroups = 3400;
    private const long AllOfTheCluster = 8096;

    [Fact]
    public async Task Without_rules_everybody_may_do_everything()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct asked = await MetadataAsync(client, 8, true);
        Assert.Equal(AllOfTopics, asked.Only("topics").Number("topic_authorized_operations"));
        Assert.Equal(AllOfTheCluster, asked.Number("cluster_authorized_operations"));
        Assert.Equal(AllOfTopics, (await MetadataAsync(client, 13, true)).Only("topics").Number("topic_authorized_operations"));
        WireStruct notAsked = await MetadataAsync(client, 10, false);
        Assert.Equal(NotAsked, notAsked.Only("topics").Number("topic_authorized_operations"));
        Assert.Equal(NotAsked, notAsked.Number("cluster_authorized_operations"));

        Assert.Equal(AllOfTheCluster, await OfClusterAsync(client, true));
        Assert.Equal(NotAsked, await OfClusterAsync(client, false));
        Assert.Equal(AllOfTopics, await OfTopicPageAsync(client));
        Assert.Equal(AllOfGroups, await OfGroupAsync(client, "DescribeGroups", 5, true));
        Assert.Equal(NotAsked, await OfGroupAsync(client, "DescribeGroups", 5, false));
        Assert.Equal(NotAsked, await OfGroupAsync(client, "DescribeGroups", 6, true)); // there is no such group
        Assert.Equal(NotAsked, await OfGroupAsync(client, "ConsumerGroupDescribe", 1, true));
        await JoinAsync(client);
        Assert.Equal(AllOfGroups, await OfGroupAsync(client, "ConsumerGroupDescribe", 1, true));
        Assert.Equal(NotAsked, await OfGroupAsync(client, "ConsumerGroupDescribe", 1, false));
    }

    [Fact]
    public async Task With_rules_it_is_what_they_allow_and_asking_is_no_refusal()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners = [SecuredBroker.Sasl("PLAIN")],
            Users = [SecuredBroker.Alice, SecuredBroker.Admin],
            Authorization = new BrokerAuthorization { SuperUsers = ["User:admin"] },
            Topics = [new BrokerTopic("t")],
            LoggerFactory = log.Factory,
        });
        using RawClient admin = await RawClient.ConnectAsync(broker.Port);
        await admin.LoginAsync(SecuredBroker.Admin.Name, SecuredBroker.Admin.Password());
        using RawClient alice = await RawClient.ConnectAsync(broker.Port);
        await alice.LoginAsync(SecuredBroker.Alice.Name, SecuredBroker.Alice.Password());
        await admin.AllowAsync(AclResourceType.Topic, "t", AclOperation.Read);
        await admin.AllowAsync(AclResourceType.Group, "g", AclOperation.Describe);

        WireStruct asked = await MetadataAsync(alice, 8, true);
        Assert.Equal(Bits(AclOperation.Read, AclOperation.Describe), asked.Only("topics").Number("topic_authorized_operations"));
        Assert.Equal(0, asked.Number("cluster_authorized_operations"));
        Assert.Equal(Bits(AclOperation.Read, AclOperation.Describe), await OfTopicPageAsync(alice));
        Assert.Equal(Bits(AclOperation.Describe), await OfGroupAsync(alice, "DescribeGroups", 5, true));
        Assert.Equal(0, await OfClusterAsync(alice, true));
        Assert.Equal(AllOfTheCluster, await OfClusterAsync(admin, true));
        Assert.DoesNotContain(log, static line => line.Contains("Refused", StringComparison.Ordinal));
    }

    private static long Bits(params AclOperation[] operations) => operations.Aggregate(0L, static (bits, x) => bits | (1L << (int)x));

    private static Task<WireStruct> MetadataAsync(RawClient client, int version, bool ask)
    {
        WireStruct request = Requests.Metadata("t");
        request["include_topic_authorized_operations"] = ask;
        request["include_cluster_authorized_operations"] = ask;
        return client.CallAsync("Metadata", version, request);
    }

    private static async Task<long> OfClusterAsync(RawClient client, bool ask) =>
        (await client.CallAsync("DescribeCluster", 2, new WireStruct
        {
            ["endpoint_type"] = 1, ["include_cluster_authorized_operations"] = ask,
        })).Number("cluster_authorized_operations");

    private static async Task<long> OfTopicPageAsync(RawClient client) =>
        (await client.CallAsync("DescribeTopicPartitions", 0, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "t" }, ["response_partition_limit"] = 10,
        })).Only("topics").Number("topic_authorized_operations");

    private static async Task<long> OfGroupAsync(RawClient client, string api, int version, bool ask) =>
        (await client.CallAsync(api, version, new WireStruct
        {
            ["groups"] = new[] { "g" }, ["group_ids"] = new[] { "g" }, ["include_authorized_operations"] = ask,
        })).Only("groups").Number("authorized_operations");

    private static async Task JoinAsync(RawClient client)
    {
        WireStruct joined = await client.CallAsync("ConsumerGroupHeartbeat", 1, new WireStruct
        {
            ["group_id"] = "g",
            ["member_id"] = "m",
            ["rebalance_timeout_ms"] = 10_000,
            ["subscribed_topic_names"] = new[] { "t" },
            ["topic_partitions"] = Array.Empty<object>(),
        });
        Assert.Equal(0, joined.Number("error_code"));
    }
}
