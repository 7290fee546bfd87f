using System.Collections.Concurrent;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;
using TemporaryDirectory = StreamFlow.Broker.Tests.Support.TemporaryDirectory;

namespace StreamFlow.Broker.Tests;

/// <summary>What takes the disk, or long, holds up nobody who does not wait for it.</summary>
public sealed class AdministrationTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private readonly FaultyFileSystem _files = new();
    private readonly ManualResetEventSlim _entered = new();
    private readonly ManualResetEventSlim _open = new();
    private readonly ConcurrentBag<bool> _fromPool = [];

    public void Dispose()
    {
        _open.Set();
        _data.Dispose();
        _entered.Dispose();
        _open.Dispose();
    }

    [Fact]
    public async Task While_partitions_are_being_made_others_produce_fetch_send_heartbeats_and_begin_transactions()
    {
        await using EmbeddedBroker broker = await StartAsync();
        using RawClient member = await RawClient.ConnectAsync(broker.Port);
        string id = await member.StableMemberAsync();
        CloseGate();
        using RawClient admin = await RawClient.ConnectAsync(broker.Port);
        Task creation = admin.CreateAsync("many", 3000);
        Assert.True(_entered.Wait(TimeSpan.FromSeconds(30)));

        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build("while"))).Number("error_code"));
        Assert.Equal("while", Assert.Single(TestBatch.Read((await client.FetchAsync("t", 0, 0)).Bytes("records"))).Value);
        Assert.Equal(0, (await member.CallAsync("Heartbeat", 2, GroupRequests.Member(id, 1))).Number("error_code"));
        Assert.Equal(0, (await InitAsync(client, null)).Number("error_code"));
        Assert.Equal(0, (await InitAsync(client, "transactional")).Number("error_code"));
        Assert.Equal(0, (await client.CallAsync("Metadata", 5, Requests.Metadata("t"))).Only("topics").Number("error_code"));
        Assert.False(creation.IsCompleted);

        _open.Set();
        await creation;
        Assert.Equal(3000, broker.Describe().Topics.Single(static topic => topic.Name == "many").Partitions.Count);
        Assert.DoesNotContain(true, _fromPool);
    }

    [Fact]
    public async Task Requests_of_many_for_topics_to_be_made_take_no_thread_of_the_pool_and_are_all_answered()
    {
        const int Askers = 40;
        await using EmbeddedBroker broker = await StartAsync();
        CloseGate();
        List<RawClient> askers = [];
        List<Task<WireStruct>> asked = [];
        for (int i = 0; i < Askers; i++)
        {
            askers.Add(await RawClient.ConnectAsync(broker.Port));
            asked.Add(askers[i].CallAsync("Metadata", 5, Requests.Metadata($"wanted-{i}")));
        }

        Assert.True(_entered.Wait(TimeSpan.FromSeconds(30)));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build("while"))).Number("error_code"));
        Assert.DoesNotContain(asked, static task => task.IsCompleted);
        _open.Set();
        foreach (Task<WireStruct> answer in asked)
        {
            Assert.Equal(0, (await answer).Only("topics").Number("error_code"));
        }

        Assert.DoesNotContain(true, _fromPool);
        askers.ForEach(static asker => asker.Dispose());
    }

    [Fact]
    public async Task A_broker_that_stops_while_partitions_are_being_made_finishes_them()
    {
        EmbeddedBroker broker = await StartAsync();
        CloseGate();
        using RawClient admin = await RawClient.ConnectAsync(broker.Port);
        Task creation = admin.CreateAsync("late", 4);
        Assert.True(_entered.Wait(TimeSpan.FromSeconds(30)));
        Task stop = broker.DisposeAsync().AsTask();
        _open.Set();
        await stop;
        await Task.WhenAny(creation);
        await using EmbeddedBroker again = await StartAsync();
        Assert.Contains(again.Describe().Topics, static topic => topic.Name == "late" && topic.Partitions.Count == 4);
    }

    private Task<EmbeddedBroker> StartAsync() => EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
    {
        DataDirectory = _data.Path, Files = _files, Topics = [new BrokerTopic("t")], AutoCreateTopics = true,
    });

    /// <summary>From here on whoever makes a file of a partition stands still.</summary>
    private void CloseGate() => _files.BeforeOpen = (_, mode) =>
    {
        if (mode == FileMode.CreateNew)
        {
            _fromPool.Add(Thread.CurrentThread.IsThreadPoolThread);
            _entered.Set();
            _open.Wait();
        }
    };

    private static Task<WireStruct> InitAsync(RawClient client, string? transactionalId) =>
        client.CallAsync("InitProducerId", 1, new WireStruct
        {
            ["transactional_id"] = transactionalId,
            ["transaction_timeout_ms"] = 10_000,
            ["producer_id"] = -1,
            ["producer_epoch"] = -1,
        });
}
