namespace StreamFlow.Broker.Tests.Support;

/// <summary>Members of groups made of raw requests; their timeouts are longer than any test.</summary>
public static class GroupRequests
{
    public static WireStruct Join(string member = "", string group = "g") => new()
    {
        ["group_id"] = group,
        ["session_timeout_ms"] = 600_000,
        ["rebalance_timeout_ms"] = 600_000,
        ["member_id"] = member,
        ["protocol_type"] = "consumer",
        ["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[] { 7 } },
    };

    public static WireStruct Member(string member, long generation, string group = "g") => new()
    {
        ["group_id"] = group,
        ["generation_id"] = generation,
        ["member_id"] = member,
    };

    public static WireStruct Leave(string member, string group = "g") => new()
    {
        ["group_id"] = group,
        ["members"] = new WireStruct { ["member_id"] = member },
    };

    /// <summary>Makes a stable group of one; returns its member.</summary>
    public static async Task<string> StableMemberAsync(this RawClient client, string group = "g")
    {
        string member = (await client.CallAsync("JoinGroup", 5, Join(group: group))).Text("member_id")!;
        long generation = (await client.CallAsync("JoinGroup", 5, Join(member, group))).Number("generation_id");
        WireStruct synced = await client.CallAsync("SyncGroup", 3, Member(member, generation, group));
        Assert.Equal(0, synced.Number("error_code"));
        return member;
    }

    /// <summary>The state of a group and how many members it has.</summary>
    public static async Task<(string? State, int Members)> GroupAsync(this RawClient client, string group = "g")
    {
        WireStruct described = (await client.CallAsync("DescribeGroups", 0, new WireStruct { ["groups"] = new[] { group } }))
            .Only("groups");
        return (described.Text("group_state"), described.Structs("members").Count());
    }
}
