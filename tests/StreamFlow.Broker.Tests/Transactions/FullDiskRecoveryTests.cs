using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;
using TemporaryDirectory = StreamFlow.Broker.Tests.Support.TemporaryDirectory;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>A start that has to write markers and finds no room for them.</summary>
public sealed class FullDiskRecoveryTests : IDisposable
{
    private const string Back = "served again";
    private readonly TemporaryDirectory _data = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LogLines _log = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Transactions_come_back_once_when_there_is_room_for_the_markers_that_a_start_on_a_full_disk_owes()
    {
        (string directory, string partition) = await LeaveOrphanAsync();
        FaultyFileSystem files = new() { Target = partition };
        files.FillUpAfter(0);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(Options(directory) with { Files = files });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal((BrokerCondition.Degraded, false), (broker.State.Condition, broker.State.HasTransactions));
        Assert.Equal("before and something open", await CommittedAsync(client));

        // Nothing has changed on the disk: to open it again and again would fail again and again.
        await PassAsync(20);
        Assert.False(broker.State.HasTransactions);
        Assert.DoesNotContain(_log, static line => line.Contains(Back, StringComparison.Ordinal));

        files.FillUpAfter(long.MaxValue);
        for (int i = 0; i < 100 && broker.State is not { Condition: BrokerCondition.Healthy, HasTransactions: true }; i++)
        {
            await PassAsync(1);
        }

        Assert.Equal((BrokerCondition.Healthy, true), (broker.State.Condition, broker.State.HasTransactions));
        Assert.Single(_log, static line => line.Contains(Back, StringComparison.Ordinal));
        Assert.Equal("before", await CommittedAsync(client));
        RawTransaction next = await RawTransaction.InitAsync(client, "tx", version: 3);
        Assert.Equal([0], await next.AddAsync("t", 0));
        Assert.Equal(0, (await next.ProduceAsync("t", 0, 0, "after")).Number("error_code"));
        Assert.Equal(0, await next.EndAsync(commit: true));
        Assert.Equal("before, after", await CommittedAsync(client));
    }

    /// <summary>A data directory as after a power cut that took the coordinator's log, but not that of the partition with the transaction.</summary>
    private async Task<(string Directory, string Partition)> LeaveOrphanAsync()
    {
        string first = Path.Combine(_data.Path, "first");
        string early = Path.Combine(_data.Path, "early");
        string cut = Path.Combine(_data.Path, "cut");
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(Options(first));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build("before"))).Number("error_code"));
        DirectoryCopy.Of(first, early);
        RawTransaction producer = await RawTransaction.InitAsync(client, "tx", version: 3);
        Assert.Equal([0], await producer.AddAsync("t", 0));
        Assert.Equal(0, (await producer.ProduceAsync("t", 0, 0, "never committed")).Number("error_code"));
        DirectoryCopy.Of(first, cut);
        string partition = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(early, "topics")), HasRecords));
        foreach (string other in Directory.GetDirectories(Path.Combine(early, "topics")).Where(x => Path.GetFileName(x) != partition))
        {
            string target = Path.Combine(cut, "topics", Path.GetFileName(other));
            Directory.Delete(target, recursive: true);
            DirectoryCopy.Of(other, target);
        }

        return (cut, partition);
    }

    private static bool HasRecords(string partition) => Directory.GetFiles(partition, "*.log").Any(static file => new FileInfo(file).Length > 0);

    private EmbeddedBrokerOptions Options(string directory) => new()
    {
        DataDirectory = directory, Topics = [new BrokerTopic("t")], TimeProvider = _time, LoggerFactory = _log.Factory,
    };

    /// <summary>What read-committed consumers see, and whether something open hides the rest from them.</summary>
    private static async Task<string> CommittedAsync(RawClient client)
    {
        WireStruct request = Requests.Fetch("t", 0, 0);
        request["isolation_level"] = 1;
        WireStruct answer = (await client.CallAsync("Fetch", 11, request)).Only("responses").Only("partitions");
        Assert.Equal(0, answer.Number("error_code"));
        HashSet<long> aborted = [.. answer.Structs("aborted_transactions").Select(static x => x.Number("first_offset"))];
        IEnumerable<string> values = TestBatch.ReadTransactional(answer.Bytes("records")).Where(x => !aborted.Contains(x.Offset)).Select(static x => x.Value);
        return string.Join(", ", values)
            + (answer.Number("last_stable_offset") == answer.Number("high_watermark") ? "" : " and something open");
    }

    private async Task PassAsync(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20);
        }
    }
}
