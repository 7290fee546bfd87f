using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>The group APIs on the wire: which version carries what. The rules behind them are tested with the groups.</summary>
public sealed class GroupApiTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 2)] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(6, 4)]
    [InlineData(7, 4)]
    [InlineData(9, 5)]
    public async Task Member_joins_synchronises_heartbeats_commits_and_leaves(int joinVersion, int otherVersion)
    {
        WireStruct joined = await JoinAsync(joinVersion, "");
        string member = joined.Text("member_id")!;
        Assert.Equal(joinVersion >= 4 ? 79 : 0, joined.Number("error_code"));
        if (joinVersion >= 4)
        {
            joined = await JoinAsync(joinVersion, member);
        }

        Assert.Equal((0L, 1L), (joined.Number("error_code"), joined.Number("generation_id")));
        Assert.Equal(("range", member, member), (joined.Text("protocol_name"), joined.Text("leader"), joined.Text("member_id")));
        Assert.Equal([7, 7], joined.Only("members").Bytes("metadata"));
        Assert.Equal(joinVersion >= 7 ? "consumer" : null, joined.GetValueOrDefault("protocol_type"));

        WireStruct synced = await _client.CallAsync("SyncGroup", otherVersion, Member(member, new WireStruct
        {
            ["protocol_type"] = "consumer",
            ["protocol_name"] = "range",
            ["assignments"] = new WireStruct { ["member_id"] = member, ["assignment"] = new byte[] { 9 } },
        }));
        Assert.Equal(0, synced.Number("error_code"));
        Assert.Equal([9], synced.Bytes("assignment"));
        WireStruct heartbeat = await _client.CallAsync("Heartbeat", Math.Min(otherVersion, 4), Member(member));
        Assert.Equal(0, heartbeat.Number("error_code"));

        WireStruct committed = await CommitAsync(2 + otherVersion, member, 0, 42, "note");
        Assert.Equal(0, committed.Only("topics").Only("partitions").Number("error_code"));
        WireStruct left = await _client.CallAsync("LeaveGroup", otherVersion, Member(member, new WireStruct
        {
            ["members"] = new WireStruct { ["member_id"] = member },
        }));
        Assert.Equal(0, left.Number("error_code"));
        Assert.Equal(25, (await _client.CallAsync("Heartbeat", 3, Member(member))).Number("error_code"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Committed_offsets_are_fetched_in_every_shape(int version)
    {
        await CommitAsync(8, "", -1, 42, "note");
        WireStruct topics = new() { ["name"] = "t", ["partition_indexes"] = new[] { 0, 1 } };
        WireStruct answer = await _client.CallAsync("OffsetFetch", version, new WireStruct
        {
            ["group_id"] = "g",
            ["topics"] = topics,
            ["groups"] = new WireStruct { ["group_id"] = "g", ["topics"] = topics },
        });
        WireStruct holder = version >= 8 ? answer.Only("groups") : answer;
        WireStruct[] partitions = [.. holder.Only("topics").Structs("partitions")];
        Assert.Equal([42L, -1L], partitions.Select(x => x.Number("committed_offset")));
        Assert.Equal(["note", ""], partitions.Select(x => x.Text("metadata")));
        Assert.Equal([0L, 0L], partitions.Select(x => x.Number("error_code")));
        if (version >= 5)
        {
            Assert.Equal([3L, -1L], partitions.Select(x => x.Number("committed_leader_epoch")));
        }
    }

    [Fact]
    public async Task All_offsets_of_several_groups_come_in_one_answer()
    {
        await CommitAsync(8, "", -1, 1, "");
        await CommitAsync(8, "", -1, 2, "", group: "h");
        WireStruct answer = await _client.CallAsync("OffsetFetch", 8, new WireStruct
        {
            ["groups"] = new[] { "g", "h", "absent" }.Select(x => new WireStruct { ["group_id"] = x }).ToArray(),
        });
        Assert.Equal(["g", "h", "absent"], answer.Structs("groups").Select(x => x.Text("group_id")));
        Assert.Equal([1, 1, 0], answer.Structs("groups").Select(x => x.List("topics").Count));
        Assert.Equal(1, answer.Structs("groups").First().Only("topics").Only("partitions").Number("committed_offset"));
    }

    [Fact]
    public async Task Commit_to_an_unknown_partition_is_refused_for_it_alone()
    {
        WireStruct answer = await _client.CallAsync("OffsetCommit", 7, new WireStruct
        {
            ["group_id"] = "g",
            ["generation_id"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = "t",
                ["partitions"] = new[] { 0, 7 }.Select(x => new WireStruct { ["partition_index"] = x }).ToArray(),
            },
        });
        Assert.Equal([0L, 3L], answer.Only("topics").Structs("partitions").Select(x => x.Number("error_code")));
    }

    [Fact]
    public async Task Groups_are_listed_described_and_deleted()
    {
        string member = (await JoinAsync(3, "")).Text("member_id")!;
        await _client.CallAsync("SyncGroup", 3, Member(member));
        WireStruct described = (await _client.CallAsync("DescribeGroups", 5, new WireStruct { ["groups"] = new[] { "g" } }))
            .Only("groups");
        Assert.Equal(("Stable", "range"), (described.Text("group_state"), described.Text("protocol_data")));
        Assert.Equal(("raw", "/127.0.0.1"), (
            described.Only("members").Text("client_id"), described.Only("members").Text("client_host")));
        WireStruct listed = (await _client.CallAsync("ListGroups", 5, [])).Only("groups");
        Assert.Equal(("g", "Stable", "classic"), (
            listed.Text("group_id"), listed.Text("group_state"), listed.Text("group_type")));
        WireStruct none = await _client.CallAsync("ListGroups", 4, new WireStruct { ["states_filter"] = new[] { "Empty" } });
        Assert.Empty(none.List("groups"));

        WireStruct request = new() { ["groups_names"] = new[] { "g", "absent" } };
        WireStruct inUse = await _client.CallAsync("DeleteGroups", 2, request);
        Assert.Equal([68L, 69L], inUse.Structs("results").Select(x => x.Number("error_code")));
        await _client.CallAsync("LeaveGroup", 1, Member(member));
        WireStruct deleted = await _client.CallAsync("DeleteGroups", 2, request);
        Assert.Equal([0L, 69L], deleted.Structs("results").Select(x => x.Number("error_code")));
    }

    [Fact]
    public async Task Single_offsets_are_deleted()
    {
        await CommitAsync(8, "", -1, 42, "");
        WireStruct topics = new()
        {
            ["name"] = "t",
            ["partitions"] = new[] { 0, 9 }.Select(x => new WireStruct { ["partition_index"] = x }).ToArray(),
        };
        WireStruct answer = await _client.CallAsync(
            "OffsetDelete", 0, new WireStruct { ["group_id"] = "g", ["topics"] = topics });
        Assert.Equal([0L, 3L], answer.Only("topics").Structs("partitions").Select(x => x.Number("error_code")));
        WireStruct unknown = await _client.CallAsync("OffsetDelete", 0, new WireStruct { ["group_id"] = "absent" });
        Assert.Equal(69, unknown.Number("error_code"));
    }

    [Fact]
    public async Task Deleted_topic_takes_its_offsets_along()
    {
        await CommitAsync(8, "", -1, 42, "");
        await _client.CallAsync("DeleteTopics", 5, new WireStruct { ["topic_names"] = new[] { "t" } });
        await _client.CreateAsync("t", 2);
        WireStruct answer = await _client.CallAsync("OffsetFetch", 5, new WireStruct { ["group_id"] = "g" });
        Assert.Empty(answer.List("topics"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 42)]
    public async Task Coordinator_of_every_known_kind_is_this_broker(int keyType, int error)
    {
        WireStruct request = new() { ["key_type"] = keyType, ["coordinator_keys"] = new[] { "a", "b" } };
        WireStruct answer = await _client.CallAsync("FindCoordinator", 4, request);
        Assert.All(answer.Structs("coordinators"), x =>
        {
            Assert.Equal(error, x.Number("error_code"));
            Assert.Equal(error == 0 ? _broker.Port : -1, x.Number("port"));
        });
        Assert.Equal(["a", "b"], answer.Structs("coordinators").Select(x => x.Text("key")));
    }

    private static WireStruct Member(string member, WireStruct? more = null)
    {
        WireStruct request = more ?? [];
        request["group_id"] = "g";
        request["generation_id"] = 1;
        request["member_id"] = member;
        return request;
    }

    private async Task<WireStruct> JoinAsync(int version, string member) =>
        await _client.CallAsync("JoinGroup", version, new WireStruct
        {
            ["group_id"] = "g",
            ["member_id"] = member,
            ["session_timeout_ms"] = 10_000,
            ["rebalance_timeout_ms"] = 10_000,
            ["protocol_type"] = "consumer",
            ["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[] { 7, 7 } },
        });

    private async Task<WireStruct> CommitAsync(
        int version, string member, int generation, long offset, string note, string group = "g")
    {
        WireStruct request = new()
        {
            ["group_id"] = group,
            ["generation_id"] = member.Length == 0 ? generation : 1,
            ["member_id"] = member,
            ["retention_time_ms"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = "t",
                ["partitions"] = new WireStruct
                {
                    ["committed_offset"] = offset,
                    ["committed_leader_epoch"] = 3,
                    ["committed_metadata"] = note,
                },
            },
        };
        return await _client.CallAsync("OffsetCommit", version, request);
    }
}
