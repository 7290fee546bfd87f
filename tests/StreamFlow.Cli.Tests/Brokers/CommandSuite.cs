using System.Text;
using System.Text.Json;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests.Brokers;

/// <summary>What every broker must let the tool do. Each test has topics and groups of its own.</summary>
public abstract partial class CommandSuite(BrokerFixture broker)
{
    private readonly string _name = $"t{Guid.NewGuid():N}"[..12];

    [SkippableFact]
    public async Task Topics_are_created_listed_described_altered_and_deleted()
    {
        await DoneAsync("topics", "create", _name, $"{_name}-b", "--partitions", "3", "--config", "cleanup.policy=compact");
        Assert.Contains("TOPIC_ALREADY_EXISTS", (await FailsAsync("topics", "create", _name)).Output, StringComparison.Ordinal);
        Assert.Equal(["was there"], Strings(await JsonAsync("topics", "create", _name, "--if-not-exists"), "result"));
        Assert.Equal([_name, $"{_name}-b"], Strings(await JsonAsync("topics", "list", "--match", _name), "topic"));

        await DoneAsync("topics", "alter", _name, "--partitions", "4", "--config", "segment.ms=60000", "--delete-config", "cleanup.policy");

        // Brokers hear of it from their controller, a little later.
        await WaitAsync(async () => (await JsonAsync("topics", "describe", _name)).GetArrayLength() == 4);
        JsonElement partitions = await JsonAsync("topics", "describe", _name);
        Assert.Equal([0, 1, 2, 3], Numbers(partitions, "partition"));
        Assert.All(partitions.EnumerateArray(), p => Assert.Equal(1, p.GetProperty("replicas").GetArrayLength()));
        JsonElement configs = await JsonAsync("configs", "describe", "topic", _name);
        Assert.Equal(("60000", "topic"), Config(configs, "segment.ms"));
        Assert.DoesNotContain("cleanup.policy", Strings(configs, "name"));

        await DoneAsync("topics", "delete", _name, $"{_name}-b");
        Assert.Empty((await JsonAsync("topics", "list", "--match", _name)).EnumerateArray());
        Assert.Contains("UNKNOWN_TOPIC_OR_PARTITION", (await FailsAsync("topics", "delete", _name)).Output, StringComparison.Ordinal);
        Assert.Equal(["was not there"], Strings(await JsonAsync("topics", "delete", _name, "--if-exists"), "result"));
    }

    [SkippableFact]
    public async Task Records_go_where_Java_puts_their_keys_and_come_back_as_they_were()
    {
        await DoneAsync("topics", "create", _name, "--partitions", "7");
        await FeedAsync("21:a\nfoobar:b\na-little-bit-long-string:c\nabc:\n", "produce", _name, "-K", ":", "--null", "", "--header", "kind=test", "--timestamp", "2026-11-28T12:00:00Z");

        List<JsonElement> records = await LinesAsync("consume", _name, "--from-beginning", "-e");

        // Of Java's murmur2, modulo 7: the hashes stand in Kafka's own test of it.
        Assert.Equal(
            new Dictionary<string, int> { ["21"] = (-973932308 & int.MaxValue) % 7, ["foobar"] = (-790332482 & int.MaxValue) % 7, ["a-little-bit-long-string"] = (-985981536 & int.MaxValue) % 7, ["abc"] = (479470107 & int.MaxValue) % 7 },
            records.ToDictionary(r => r.GetProperty("key").GetString()!, r => r.GetProperty("partition").GetInt32()));
        JsonElement deleted = records.Single(r => r.GetProperty("key").GetString() == "abc");
        Assert.Equal(JsonValueKind.Null, deleted.GetProperty("value").ValueKind);
        Assert.Equal(1795867200000, deleted.GetProperty("timestamp").GetInt64());
        Assert.Equal("""{"kind":"test"}""", deleted.GetProperty("headers").GetRawText());
    }

    [SkippableFact]
    public async Task Reading_begins_and_ends_where_it_is_told_to_and_shows_what_it_is_told_to()
    {
        await DoneAsync("topics", "create", _name);
        await FeedAsync(string.Concat(Enumerable.Range(0, 10).Select(i => $"k{i}:v{i}\n")), "produce", _name, "-K", ":", "--timestamp", "1000");
        await FeedAsync("late:v10\n", "produce", _name, "-K", ":", "--timestamp", "2000", "--header", "a=b");

        Assert.Equal("v3\nv4\n", await DoneAsync("consume", _name, "--offset", "3", "--count", "2"));
        Assert.Equal("v9\nv10\n", await DoneAsync("consume", _name, "--tail", "2", "-e"));
        Assert.Equal("v10\n", await DoneAsync("consume", _name, "--from-time", "1500", "-e"));
        Assert.Equal("v7\n", await DoneAsync("consume", _name, "--from-beginning", "-e", "--filter-key", "k7"));
        Assert.Equal("v1\nv10\n", await DoneAsync("consume", _name, "--from-beginning", "-e", "--filter-value", "v1"));
        Assert.Equal("v10\n", await DoneAsync("consume", _name, "--from-beginning", "-e", "--filter-header", "a=b"));
        Assert.Equal("v8\nv9\n", await DoneAsync("consume", _name, "--from-beginning", "-e", "--match", "^v[89]$"));
        Assert.Equal($"{_name}-0@10 1970-01-01T00:00:02.000Z late a=b v10\n", await DoneAsync("consume", _name, "--tail", "1", "-e", "--all", "--separator", " "));
        Assert.Equal("", await DoneAsync("consume", _name, "--idle", "50ms"));
        Assert.Contains("--partition is 9, which is not there; ", (await FailsAsync("consume", _name, "--partition", "0,9", "-e")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Contains("--offset is 12; ", (await FailsAsync("consume", _name, "--offset", "12")).Failed(ExitCode.Failed), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Numbers_and_bytes_are_written_and_read_as_they_are_said_to_be()
    {
        await DoneAsync("topics", "create", _name);
        await FeedAsync("1:-5\n", "produce", _name, "-K", ":", "--key-format", "int", "--value-format", "long");
        await FeedAsync("k:00ff\n", "produce", _name, "-K", ":", "--value-format", "hex");

        Assert.Equal("1\t-5\n", await DoneAsync("consume", _name, "--offset", "0", "--count", "1", "--keys", "--key-format", "int", "--value-format", "long"));
        Assert.Equal("6b\t00ff\n", await DoneAsync("consume", _name, "--offset", "1", "--count", "1", "--keys", "--key-format", "hex", "--value-format", "hex"));
        Assert.Contains("The value of line 1 is 'x', which is no long", (await RunAsync(new Setting { Input = "x\n"u8.ToArray() }, "produce", _name, "--value-format", "long")).Failed(ExitCode.Failed), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_line_that_cannot_be_sent_ends_it_and_what_stands_before_is_sent()
    {
        await DoneAsync("topics", "create", _name);

        string error = (await RunAsync(new Setting { Input = "5\n6\nseven\n8\n"u8.ToArray() }, "produce", _name, "--value-format", "long")).Failed(ExitCode.Failed);

        Assert.Contains("The value of line 3 is 'seven', which is no long", error, StringComparison.Ordinal);
        Assert.Equal("5\n6\n", await DoneAsync("consume", _name, "--from-beginning", "-e", "--value-format", "long"));
    }

    [SkippableFact]
    public async Task What_is_read_as_JSON_is_written_from_JSON()
    {
        await DoneAsync("topics", "create", _name, $"{_name}-copy");
        await FeedAsync("k:v\nk2:w\n", "produce", _name, "-K", ":", "--header", "a=b", "--timestamp", "1000");

        string read = await DoneAsync("consume", _name, "--from-beginning", "-e", "--json");
        await FeedAsync(read, "produce", $"{_name}-copy", "--json-input");

        Assert.Equal(read.Replace(_name, $"{_name}-copy", StringComparison.Ordinal), await DoneAsync("consume", $"{_name}-copy", "--from-beginning", "-e", "--json"));
    }

    [SkippableFact]
    public async Task Groups_are_read_in_described_set_back_in_every_way_and_deleted()
    {
        using TemporaryFolder folder = new();
        await DoneAsync("topics", "create", _name, "--partitions", "1");
        await FeedAsync(string.Concat(Enumerable.Range(0, 10).Select(i => $"v{i}\n")), "produce", _name, "--timestamp", "1000");
        await FeedAsync("v10\n", "produce", _name, "--timestamp", "5000");
        Assert.Equal("v0\nv1\nv2\nv3\n", await DoneAsync("consume", _name, "--group", _name, "--from-beginning", "--count", "4"));
        Assert.Equal("v4\n", await DoneAsync("consume", _name, "--group", _name, "--count", "1"));

        JsonElement at = (await JsonAsync("groups", "describe", _name)).EnumerateArray().Single();
        Assert.Equal((5, 11, 6), (at.GetProperty("offset").GetInt32(), at.GetProperty("endOffset").GetInt32(), at.GetProperty("lag").GetInt32()));
        Assert.Contains(_name, Strings(await JsonAsync("groups", "list", "--state", "empty", "--type", "Classic"), "group"));
        Assert.Contains("--state is 'Nonsense'; give Empty, ", (await FailsAsync("groups", "list", "--state", "Empty,Nonsense")).Failed(ExitCode.Usage), StringComparison.Ordinal);
        Assert.Contains("--type is 'modern'; give classic, ", (await FailsAsync("groups", "list", "--type", "modern")).Failed(ExitCode.Usage), StringComparison.Ordinal);

        Assert.Equal(0, await ResetAsync("--topic", _name, "--to-earliest", "--execute"));
        Assert.Equal(3, await ResetAsync("--topic", _name, "--to-latest"));
        Assert.Equal(0, await OffsetAsync());
        async Task<int> ResetAsync(params string[] how)
        {
            int planned = (await JsonAsync(["groups", "reset", _name, .. how])).EnumerateArray().Single().GetProperty("newOffset").GetInt32();
            return how.Contains("--execute") ? await OffsetAsync() is var set && set == planned ? set : -1 : planned == 11 ? 3 : -1;
        }

        async Task<int> OffsetAsync() => (await JsonAsync("groups", "describe", _name)).EnumerateArray().Single().GetProperty("offset").GetInt32();
        Assert.Equal(11, await ResetAsync("--all-topics", "--to-latest", "--execute"));
        Assert.Equal(7, await ResetAsync("--topic", $"{_name}:0", "--to-offset", "7", "--execute"));
        Assert.Equal(4, await ResetAsync("--all-topics", "--shift-by", "-3", "--execute"));
        Assert.Equal(4, await ResetAsync("--all-topics", "--to-current", "--execute"));
        Assert.Equal(10, await ResetAsync("--all-topics", "--to-datetime", "3000", "--execute"));
        Assert.Equal(11, await ResetAsync("--all-topics", "--by-duration", "1s", "--execute"));
        Assert.Equal(0, await ResetAsync("--all-topics", "--by-duration", "5000000d", "--execute"));
        Assert.Equal(0, await ResetAsync("--all-topics", "--to-datetime", "1969-12-31T23:59:59.999Z", "--execute"));
        Assert.Equal(11, await ResetAsync("--all-topics", "--to-offset", "1000", "--execute"));
        Assert.Equal(2, await ResetAsync("--from-file", folder.Write("offsets.csv", $"{_name},0,2\n"), "--execute"));
        Assert.Equal($"{_name},0,2\n", await DoneAsync("groups", "reset", _name, "--all-topics", "--to-current", "--export"));

        await DoneAsync("groups", "delete-offsets", _name, "--topic", _name);
        Assert.Empty((await JsonAsync("groups", "describe", _name)).EnumerateArray());
        await DoneAsync("groups", "delete", _name);
        Assert.Contains("GROUP_ID_NOT_FOUND", (await FailsAsync("groups", "describe", _name)).Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Members_of_a_group_share_the_partitions_and_are_seen_and_not_set_back()
    {
        await DoneAsync("topics", "create", _name, "--partitions", "2");
        using CancellationTokenSource end = new();
        Setting members = new() { Cancelled = end.Token };
        Task<Outcome> first = RunAsync(members, "consume", _name, "--group", _name, "--from-beginning");
        Task<Outcome> second = RunAsync(members, "consume", _name, "--group", _name, "--from-beginning");
        await WaitAsync(async () =>
        {
            Outcome described = await RunAsync(new Setting(), "groups", "describe", _name, "--members", "--json");
            return described.Code == 0 && Parsed(described.Output).EnumerateArray().Count(m => m.GetProperty("partitions").GetArrayLength() == 1) == 2;
        });
        Assert.Contains("Stop them first.", (await FailsAsync("groups", "reset", _name, "--topic", _name, "--to-earliest", "--execute")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Contains("NON_EMPTY_GROUP", (await FailsAsync("groups", "delete", _name)).Output, StringComparison.Ordinal);

        await FeedAsync("a\n", "produce", _name, "--partition", "0");
        await FeedAsync("b\n", "produce", _name, "--partition", "1");
        await WaitAsync(async () => await CountAsync("groups", "describe", _name) == 2);
        await end.CancelAsync();

        Assert.Equal(["a\n", "b\n"], new[] { (await first).Succeeded(), (await second).Succeeded() }.Order());
        async Task<int> CountAsync(params string[] args) => (await JsonAsync(args)).EnumerateArray().Count(p => p.GetProperty("lag").ValueKind == JsonValueKind.Number && p.GetProperty("offset").GetInt64() + p.GetProperty("lag").GetInt64() == 1);
    }
}
