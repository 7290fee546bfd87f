using System.Net.Sockets;
using StreamFlow.Broker.Tests.Support;
using static StreamFlow.Broker.Tests.Support.GroupRequests;

namespace StreamFlow.Broker.Tests.Server;

/// <summary>Connections whose request waits for others: what may overtake it, and what becomes of it at a hang-up.</summary>
public sealed class ParkedRequestTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Leave_behind_a_waiting_join_ends_the_wait_and_both_are_answered_in_order()
    {
        string member = await _client.StableMemberAsync();
        using RawClient closing = await RawClient.ConnectAsync(_broker.Port);
        string id = (await closing.CallAsync("JoinGroup", 5, Join())).Text("member_id")!;
        int join = await closing.SendAsync("JoinGroup", 5, Join(id));
        await RebalancingAsync();
        int leave = await closing.SendAsync("LeaveGroup", 3, Leave(id));

        Assert.Equal(25, (await closing.ReceiveAsync("JoinGroup", 5, join)).Number("error_code"));
        WireStruct left = await closing.ReceiveAsync("LeaveGroup", 3, leave);
        Assert.Equal((0L, 0L), (left.Number("error_code"), left.Only("members").Number("error_code")));
        WireStruct joined = await _client.CallAsync("JoinGroup", 5, Join(member));
        Assert.Equal((0L, 1), (joined.Number("error_code"), joined.Structs("members").Count()));
    }

    [Fact]
    public async Task Leave_behind_a_waiting_sync_ends_the_wait_and_both_are_answered_in_order()
    {
        string leader = await _client.StableMemberAsync();
        using RawClient follower = await RawClient.ConnectAsync(_broker.Port);
        string id = (await follower.CallAsync("JoinGroup", 5, Join())).Text("member_id")!;
        int join = await follower.SendAsync("JoinGroup", 5, Join(id));
        await RebalancingAsync();
        await _client.CallAsync("JoinGroup", 5, Join(leader));
        long generation = (await follower.ReceiveAsync("JoinGroup", 5, join)).Number("generation_id");
        int sync = await follower.SendAsync("SyncGroup", 3, Member(id, generation));
        int leave = await follower.SendAsync("LeaveGroup", 3, Leave(id));

        Assert.Equal(25, (await follower.ReceiveAsync("SyncGroup", 3, sync)).Number("error_code"));
        Assert.Equal(0, (await follower.ReceiveAsync("LeaveGroup", 3, leave)).Number("error_code"));
    }

    [Fact]
    public async Task Any_other_request_waits_for_its_turn_behind_a_waiting_join()
    {
        string member = await _client.StableMemberAsync();
        using RawClient other = await RawClient.ConnectAsync(_broker.Port);
        string id = (await other.CallAsync("JoinGroup", 5, Join())).Text("member_id")!;
        int join = await other.SendAsync("JoinGroup", 5, Join(id));
        await RebalancingAsync();
        int commit = await other.SendAsync("OffsetCommit", 7, Commit(id, generation: 2));
        int leave = await other.SendAsync("LeaveGroup", 3, Leave(id));

        await _client.CallAsync("JoinGroup", 5, Join(member));

        Assert.Equal(0, (await other.ReceiveAsync("JoinGroup", 5, join)).Number("error_code"));

        // Handled earlier, it would have named a generation that did not exist yet (22).
        Assert.Equal(27, (await other.ReceiveAsync("OffsetCommit", 7, commit))
            .Only("topics").Only("partitions").Number("error_code"));
        Assert.Equal(0, (await other.ReceiveAsync("LeaveGroup", 3, leave)).Number("error_code"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(12)]
    public async Task Newcomer_that_hangs_up_while_it_waits_is_gone_at_once(int bytesOfALeave)
    {
        string member = await _client.StableMemberAsync();
        RawClient newcomer = await RawClient.ConnectAsync(_broker.Port);
        string id = (await newcomer.CallAsync("JoinGroup", 5, Join())).Text("member_id")!;
        await newcomer.SendAsync("JoinGroup", 5, Join(id));
        await RebalancingAsync();
        byte[] frame = RawClient.Header(13, 3, 99, false);
        await newcomer.SendRawAsync([.. new byte[] { 0, 0, 0, 100 }.Concat(frame).Take(bytesOfALeave)]);
        newcomer.Socket.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => _broker.ConnectionCount == 1, "the connection is given up");
        newcomer.Dispose();

        WireStruct joined = await _client.CallAsync("JoinGroup", 5, Join(member));
        Assert.Equal((0L, 1), (joined.Number("error_code"), joined.Structs("members").Count()));
    }

    [Fact]
    public async Task Seeded_fragments_and_pipelines_around_waiting_requests_lose_no_answer()
    {
        const int Seed = 20_41;
        Random[] randoms = [.. Enumerable.Range(0, 6).Select(x => new Random(Seed + x))];
        await Task.WhenAll(randoms.Select(RunAsync));

        async Task RunAsync(Random random)
        {
            using RawClient client = await RawClient.ConnectAsync(_broker.Port);
            for (int round = 0; round < 150; round++)
            {
                List<(string Api, int Version, int Correlation)> sent = [];
                for (int i = random.Next(1, 5); i > 0; i--)
                {
                    (string api, int version, WireStruct request) = random.Next(4) switch
                    {
                        0 => ("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: random.Next(1, 8), minBytes: 1 << 20)),
                        1 => ("Heartbeat", 3, Member("nobody", 1)),
                        2 => ("Produce", 8, Requests.Produce("t", 0, TestBatch.Build("x"))),
                        _ => ("LeaveGroup", 3, Leave("nobody")),
                    };
                    sent.Add((api, version, await client.SendAsync(api, version, request, pieces: random.Next(1, 4))));
                    await Task.Delay(random.Next(3));
                }

                foreach ((string api, int version, int correlation) in sent)
                {
                    await client.ReceiveAsync(api, version, correlation);
                }
            }
        }
    }

    private static WireStruct Commit(string member, int generation) => new()
    {
        ["group_id"] = "g",
        ["generation_id"] = generation,
        ["member_id"] = member,
        ["topics"] = new WireStruct
        {
            ["name"] = "t",
            ["partitions"] = new WireStruct { ["committed_offset"] = 1, ["committed_metadata"] = "" },
        },
    };

    private async Task RebalancingAsync()
    {
        using RawClient observer = await RawClient.ConnectAsync(_broker.Port);
        await Eventually.TrueAsync(
            () => observer.GroupAsync().Result.State == "PreparingRebalance", "the group rebalances");
    }
}
