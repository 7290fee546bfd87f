using System.Globalization;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;
using TemporaryDirectory = StreamFlow.Broker.Tests.Support.TemporaryDirectory;

namespace StreamFlow.Broker.Tests;

/// <summary>A broker whose disk is full, or that has no file handles left: what it refuses, what goes on, and how it comes back.</summary>
public sealed class DiskTroubleTests : IDisposable
{
    private const int StorageError = 56;
    private readonly TemporaryDirectory _data = new();
    private readonly LogLines _log = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_broker_whose_disk_is_full_comes_back_with_topics_groups_and_transactions()
    {
        FaultyFileSystem files = new();
        await TryItAsync(_data.Path, files, () => files.FillUpAfter(0), () => files.FillUpAfter(long.MaxValue));
    }

    [SkippableFact]
    public async Task A_broker_on_a_small_disk_that_is_really_full_comes_back_when_there_is_room()
    {
        using SmallDisk? disk = SmallDisk.TryMount(8 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        await TryItAsync(Path.Combine(disk.Folder, "data"), null, () => disk.Fill(), disk.Free);
    }

    [Fact]
    public async Task A_broker_whose_disk_fails_an_fsync_comes_back_in_a_higher_epoch()
    {
        FaultyFileSystem files = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = _data.Path, Files = files, FlushPolicy = BrokerFlushPolicy.EveryAppend, Topics = [new BrokerTopic("t")],
            LoggerFactory = _log.Factory,
        });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, await ProduceAsync(client, "first"));
        files.FailFlush = true;
        Assert.Equal(StorageError, await ProduceAsync(client, "doubtful"));
        Assert.Equal(BrokerCondition.Degraded, broker.State.Condition);
        Assert.Equal(["first"], await ReadAsync(client));
        files.FailFlush = false;
        await Eventually.TrueAsync(() => broker.State.Condition == BrokerCondition.Healthy, "the broker is well again");
        Assert.Equal(0, await ProduceAsync(client, "next"));
        Assert.Equal(["first", "doubtful", "next"], await ReadAsync(client));
        Assert.False(files.FlushedAgain);
        Assert.Contains(_log, line => line.Contains("takes writes again", StringComparison.Ordinal) && line.Contains("leader epoch 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_starts_on_a_disk_that_is_full_serves_reads_and_takes_writes_when_there_is_room(bool wasKilled)
    {
        FaultyFileSystem files = new();
        await TryToStartAsync(wasKilled, files, files => files, () => files.FillUpAfter(0), () => files.FillUpAfter(long.MaxValue));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_starts_on_a_small_disk_that_is_really_full(bool wasKilled)
    {
        using SmallDisk? disk = SmallDisk.TryMount(8 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        await TryToStartAsync(wasKilled, null, _ => Path.Combine(disk.Folder, "data"), () => disk.Fill(), disk.Free);
    }

    [SkippableFact]
    public async Task A_broker_without_file_handles_lets_in_fewer_clients_serves_them_and_comes_back()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no limit of handles to set");
        const int Handles = 260;
        using StandaloneBroker broker = await StandaloneBroker.StartWithHandlesAsync(Handles, "--data", _data.Path, "--topic", "t");
        using RawClient first = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, await ProduceAsync(first, "kept"));
        List<RawClient> others = [];
        int served = 0;
        for (int i = 0; i < Handles; i++)
        {
            others.Add(await RawClient.ConnectAsync(broker.Port));
            served += await AnswersAsync(others[^1]) ? 1 : 0;
        }

        Assert.InRange(served, 10, Handles - 40);

        // Partitions need handles, too: at some point a topic is refused, and nothing else is.
        int created = 0;
        while (created < Handles && await CreateAsync(first, $"more-{created}") == 0)
        {
            created++;
        }

        Assert.InRange(created, 1, Handles - 1);
        Assert.Equal(0, await ProduceAsync(first, "written all the same"));
        Assert.Equal(["kept", "written all the same"], await ReadAsync(first));
        others.ForEach(static client => client.Dispose());
        int error = -1;
        for (int i = 0; i < 200 && error != 0; i++)
        {
            await Task.Delay(50);
            error = await CreateAsync(first, "at-last");
        }

        Assert.Equal(0, error);
        Assert.Contains("MaxConnections is 1000, but this process may open 260 files", await broker.KillAndReadErrorsAsync(), StringComparison.Ordinal);
    }

    private async Task TryToStartAsync(
        bool wasKilled, FaultyFileSystem? files, Func<string, string> place, Action fill, Action free)
    {
        string directory = place(Path.Combine(_data.Path, "data"));
        string first = wasKilled ? Path.Combine(_data.Path, "first") : directory;
        // Stopped in order once, so that there is a checkpoint which says another epoch.
        await using (EmbeddedBroker before = await EmbeddedBroker.StartAsync(Options(first, null)))
        {
            using RawClient writer = await RawClient.ConnectAsync(before.Port);
            Assert.Equal(0, await ProduceAsync(writer, "before"));
        }

        await using (EmbeddedBroker before = await EmbeddedBroker.StartAsync(Options(first, null)))
        {
            using RawClient writer = await RawClient.ConnectAsync(before.Port);
            Assert.Equal(0, await CommitAsync(writer, 1));
            Assert.Equal(0, await InitAsync(writer));
            if (wasKilled)
            {
                DirectoryCopy.Of(first, directory);
            }
        }

        fill();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(Options(directory, files));
        Assert.Equal(wasKilled ? BrokerCondition.Degraded : BrokerCondition.Healthy, broker.State.Condition);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(["before"], await ReadAsync(client));
        Assert.Equal(1, await FetchOffsetAsync(client));
        Assert.Equal(StorageError, await ProduceAsync(client, new string('x', 300_000)));
        Assert.Equal(["before"], await ReadAsync(client));

        free();
        await Eventually.TrueAsync(() => broker.State.Condition == BrokerCondition.Healthy, "the broker is well");
        Assert.Equal(0, await ProduceAsync(client, "after"));
        Assert.Equal(["before", "after"], await ReadAsync(client));
        Assert.Equal(0, await CommitAsync(client, 2));
        Assert.Equal(0, await InitAsync(client));
        WireStruct partition = (await client.CallAsync("Metadata", 7, Requests.Metadata("t"))).Only("topics").Only("partitions");
        Assert.Equal(wasKilled ? 1 : 0, partition.Number("leader_epoch"));

        // What could not be noted at the start is on the disk now: another kill comes upon the next epoch.
        string killed = Path.Combine(_data.Path, "killed");
        DirectoryCopy.Of(directory, killed);
        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(Options(killed, null));
        using RawClient reader = await RawClient.ConnectAsync(again.Port);
        Assert.Equal(["before", "after"], await ReadAsync(reader));
        Assert.Equal(2, await FetchOffsetAsync(reader));
        partition = (await reader.CallAsync("Metadata", 7, Requests.Metadata("t"))).Only("topics").Only("partitions");
        Assert.Equal(wasKilled ? 2 : 1, partition.Number("leader_epoch"));
    }

    private EmbeddedBrokerOptions Options(string directory, FaultyFileSystem? files)
    {
        EmbeddedBrokerOptions options = new()
        {
            DataDirectory = directory, Topics = [new BrokerTopic("t")], LoggerFactory = _log.Factory,
        };
        return files is null ? options : options with { Files = files };
    }

    private async Task TryItAsync(string directory, FaultyFileSystem? files, Action fill, Action free)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(Options(directory, files));
        Assert.Equal((BrokerCondition.Healthy, true, true), (broker.State.Condition, broker.State.HasGroups, broker.State.HasTransactions));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, await ProduceAsync(client, "before"));
        Assert.Equal(0, await CommitAsync(client, 1));
        Assert.Equal(0, await InitAsync(client));

        fill();
        Assert.Equal(StorageError, await ProduceAsync(client, new string('x', 300_000)));
        Assert.NotEqual(0, await CommitAsync(client, 2));
        Assert.NotEqual(0, await InitAsync(client));
        Assert.Equal(["before"], await ReadAsync(client));
        BrokerState state = broker.State;
        Assert.Equal((BrokerCondition.Degraded, false, false), (state.Condition, state.HasGroups, state.HasTransactions));
        BrokerPartitionTrouble trouble = Assert.Single(state.Partitions, partition => partition.Topic == "t");
        Assert.True(trouble.IsReadable);
        Assert.Contains("space", trouble.Reason, StringComparison.OrdinalIgnoreCase);

        free();
        await Eventually.TrueAsync(() => broker.State.Condition == BrokerCondition.Healthy, "the broker is well again");
        Assert.Equal(0, await ProduceAsync(client, "after"));
        Assert.Equal(["before", "after"], await ReadAsync(client));
        Assert.Equal(1, await FetchOffsetAsync(client));
        Assert.Equal(0, await CommitAsync(client, 2));
        Assert.Equal(2, await FetchOffsetAsync(client));
        Assert.Equal(0, await InitAsync(client));
        Assert.Contains(_log, line => line.Contains("Groups and transactions are served again", StringComparison.Ordinal));
    }

    private static async Task<int> ProduceAsync(RawClient client, string value) =>
        (int)(await client.ProduceAsync("t", 0, TestBatch.Build(value))).Number("error_code");

    private static async Task<IEnumerable<string>> ReadAsync(RawClient client) =>
        TestBatch.Read((await client.FetchAsync("t", 0, 0)).Bytes("records")).Select(static record => record.Value);

    private static async Task<bool> AnswersAsync(RawClient client)
    {
        try
        {
            await client.CallAsync("ApiVersions", 0, []);
            return true;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<int> CreateAsync(RawClient client, string topic)
    {
        WireStruct answer = await client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = topic, ["num_partitions"] = 4, ["replication_factor"] = 1 },
            ["timeout_ms"] = 10_000,
        });
        return (int)answer.Only("topics").Number("error_code");
    }

    private static async Task<int> CommitAsync(RawClient client, long offset)
    {
        WireStruct answer = await client.CallAsync("OffsetCommit", 7, new WireStruct
        {
            ["group_id"] = "g",
            ["generation_id"] = -1,
            ["member_id"] = "",
            ["topics"] = new WireStruct
            {
                ["name"] = "t",
                ["partitions"] = new WireStruct
                {
                    ["partition_index"] = 0, ["committed_offset"] = offset, ["committed_leader_epoch"] = -1,
                    ["committed_metadata"] = new string('m', 2000),
                },
            },
        });
        return (int)answer.Only("topics").Only("partitions").Number("error_code");
    }

    private static async Task<long> FetchOffsetAsync(RawClient client)
    {
        WireStruct answer = await client.CallAsync("OffsetFetch", 7, new WireStruct
        {
            ["group_id"] = "g",
            ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 0 } },
        });
        Assert.Equal(0, answer.Number("error_code"));
        WireStruct partition = answer.Only("topics").Only("partitions");
        Assert.Equal(0, partition.Number("error_code"));
        return partition.Number("committed_offset");
    }

    /// <summary>Each takes some room, since a page of the log may have some left: ids differ and are long.</summary>
    private static async Task<int> InitAsync(RawClient client)
    {
        int error = 0;
        for (int i = 0; i < 3 && error == 0; i++)
        {
            WireStruct answer = await client.CallAsync("InitProducerId", 1, new WireStruct
            {
                ["transactional_id"] = new string((char)('a' + i), 3000) + i.ToString(CultureInfo.InvariantCulture),
                ["transaction_timeout_ms"] = 10_000,
                ["producer_id"] = -1,
                ["producer_epoch"] = -1,
            });
            error = (int)answer.Number("error_code");
        }

        return error;
    }
}
