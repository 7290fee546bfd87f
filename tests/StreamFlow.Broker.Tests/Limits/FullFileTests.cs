using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>Files that are kept in memory and written anew at each change take no more than they may, and can be made smaller again.</summary>
public sealed class FullFileTests : IDisposable
{
    private const int PolicyViolation = 44;

    private readonly Support.TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Settings_of_groups_that_are_too_many_are_refused_and_removing_some_makes_room()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        string name = new('g', 30_000);
        int kept = 0;
        while (kept < 1000 && await AlterAsync(client, $"{name}{kept}", 45_000) == 0)
        {
            kept++;
        }

        Assert.InRange(kept * 30_000L, FullFileException.MaxBytes / 2, FullFileException.MaxBytes);
        Assert.Equal(PolicyViolation, await AlterAsync(client, name, 45_000));
        Assert.Equal(0, await AlterAsync(client, $"{name}0", null));
        Assert.Equal(0, await AlterAsync(client, $"{name}0", 45_000));
    }

    [Fact]
    public void Rules_that_are_too_many_are_refused_and_those_that_are_there_stay()
    {
        SecurityStore store = SecurityStore.Open(FileSystem.Disk, _temporary.Path);
        store.AddAcls([Rule("kept")]);
        AclBinding[] many = [.. Enumerable.Range(0, 600).Select(static i => Rule(new string('t', 30_000) + i))];
        var refused = Assert.Throws<FullFileException>(() => store.AddAcls(many));
        Assert.Contains("security.json", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["kept"], store.Acls.All.Select(static x => x.ResourceName));
        Assert.Equal(["kept"], SecurityStore.Open(FileSystem.Disk, _temporary.Path).Acls.All.Select(static x => x.ResourceName));
    }

    private static AclBinding Rule(string topic) => new(
        AclResourceType.Topic, topic, AclPatternType.Literal, "User:alice", "*", AclOperation.Read, AclPermission.Allow);

    private static async Task<int> AlterAsync(RawClient client, string group, int? sessionTimeoutMs)
    {
        WireStruct answer = await client.CallAsync("IncrementalAlterConfigs", 1, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = (int)ConfigResourceKind.Group,
                ["resource_name"] = group,
                ["configs"] = new WireStruct
                {
                    ["name"] = "consumer.session.timeout.ms",
                    ["config_operation"] = sessionTimeoutMs is null ? 1 : 0,
                    ["value"] = sessionTimeoutMs?.ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
            },
        });
        return (int)answer.Only("responses").Number("error_code");
    }
}
