using System.Buffers.Binary;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>What clients can have a broker hold at once, over the wire.</summary>
public sealed class BytesInFlightTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Limit = 4 << 20;

    /// <summary>Answers of this number are more than the operating system takes for a client that does not read.</summary>
    private const int BeyondSocketBuffers = 12;
    private const string Used = "streamflow.broker.memory.used";
    private const string Waiting = "streamflow.broker.memory.waiting";
    private static readonly string Large = new('x', 800 << 10);

    [Fact]
    public async Task Fetches_that_nobody_reads_hold_no_more_than_the_limit_and_others_go_on_reading()
    {
        await using EmbeddedBroker broker = await StartAsync();
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient honest = await RawClient.ConnectAsync(broker.Port);
        List<RawClient> greedy = await FetchWithoutReadingAsync(broker.Port, honest, clients: 30);
        await Eventually.TrueAsync(() => measured.Sum(Waiting) > 0, "somebody waits for bytes");

        // A batch is read whole, so that one of them may be beyond the limit.
        Assert.InRange(measured.Sum(Used)!.Value, Limit / 2, Limit + (2 << 20));
        await honest.CallAsync("ApiVersions", 0, []);
        Assert.Equal(0, (await honest.ProduceAsync("t", 0, TestBatch.Build("small"))).Number("error_code"));
        greedy.ForEach(static client => client.Dispose());
        await Eventually.TrueAsync(() => measured.Sum(Used) == 0, "all bytes are given back");
        Assert.Single(TestBatch.Read((await honest.FetchAsync("t", 0, 0)).Bytes("records")));
    }

    [Fact]
    public async Task Answers_that_nobody_reads_hold_no_more_than_the_limit_and_producers_go_on()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { MaxBytesInFlight = Limit, Topics = [new BrokerTopic("t")] });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        WireStruct manyGroups = new()
        {
            ["resources"] = Enumerable.Range(0, 1000).Select(
                g => new WireStruct { ["resource_type"] = 32, ["resource_name"] = $"{g}", ["configuration_keys"] = null }).ToArray(),
            ["include_synonyms"] = true,
            ["include_documentation"] = true,
        };
        List<RawClient> greedy = [];
        for (int i = 0; i < 30; i++)
        {
            RawClient client = await RawClient.ConnectAsync(broker.Port);
            client.Socket.ReceiveBufferSize = 4096;
            greedy.Add(client);
            for (int j = 0; j < BeyondSocketBuffers; j++)
            {
                await client.SendAsync("DescribeConfigs", 4, manyGroups);
            }
        }

        await Eventually.TrueAsync(() => measured.Sum(Waiting) > 0, "somebody waits for room");

        // Those that were being made when it was used up, and no more.
        Assert.InRange(measured.Sum(Used)!.Value, Limit, Limit + (40 << 20));
        using RawClient honest = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await honest.ProduceAsync("t", 0, TestBatch.Build("small"))).Number("error_code"));
        greedy.ForEach(static client => client.Dispose());
        await Eventually.TrueAsync(() => measured.Sum(Used) == 0, "all bytes are given back");
    }

    [Fact]
    public async Task A_fetch_of_a_topic_that_is_not_there_is_answered_though_there_is_no_room()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            AutoCreateTopics = false,
            Intercept = static (next, _) => (Memory<byte> frame, ConnectionContext connection, out RequestOrder order) =>
            {
                connection.Budget.Add(connection.Budget.Limit - connection.Budget.Used);
                return next(frame, connection, out order);
            },
        });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);

        WireStruct answer = await client.CallAsync("Fetch", 11, Requests.Fetch("absent", 0, 0, maxWaitMs: 100));

        Assert.Equal(3, answer.Only("responses").Only("partitions").Number("error_code"));
    }

    [Fact]
    public async Task A_large_request_is_not_received_while_another_one_has_the_bytes()
    {
        await using EmbeddedBroker broker = await StartAsync(1 << 20);
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient first = await RawClient.ConnectAsync(broker.Port);
        using RawClient second = await RawClient.ConnectAsync(broker.Port);
        byte[] frame = ProduceFrame();
        await first.SendRawAsync(frame[..1000]);
        await Eventually.TrueAsync(() => measured.Sum(Used) > Large.Length, "the first one has its bytes");
        Task sending = second.SendRawAsync(frame);
        await Eventually.TrueAsync(() => measured.Sum(Waiting) == 1, "the second one waits");
        using (RawClient small = await RawClient.ConnectAsync(broker.Port))
        {
            // Small requests wait for nobody.
            Assert.Equal(0, (await small.ProduceAsync("t", 0, TestBatch.Build("small"))).Number("error_code"));
        }

        await first.SendRawAsync(frame[1000..]);
        Assert.NotNull(await first.ReceiveFrameAsync());
        await sending;
        Assert.NotNull(await second.ReceiveFrameAsync());
        await Eventually.TrueAsync(() => measured.Sum(Used) == 0, "all bytes are given back");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_holds_bytes_and_does_not_get_on_is_closed_once_others_wait(bool othersWait)
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        LogLines log = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            MaxBytesInFlight = 1 << 20, Topics = [new BrokerTopic("t")], TimeProvider = time, LoggerFactory = log.Factory,
        });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient slow = await RawClient.ConnectAsync(broker.Port);
        byte[] frame = ProduceFrame();
        await slow.SendRawAsync(frame[..1000]);
        await Eventually.TrueAsync(() => measured.Sum(Used) > Large.Length, "it has its bytes");
        using RawClient other = await RawClient.ConnectAsync(broker.Port);
        Task sending = othersWait ? other.SendRawAsync(frame) : Task.CompletedTask;
        await Eventually.TrueAsync(() => measured.Sum(Waiting) == (othersWait ? 1 : 0), "the other one waits");
        await PassAsync(time, TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(log, x => x.Contains("MaxBytesInFlight", StringComparison.Ordinal));
        await PassAsync(time, TimeSpan.FromSeconds(othersWait ? 5 : 35));
        if (othersWait)
        {
            await sending;
            Assert.NotNull(await other.ReceiveFrameAsync());
            Assert.Contains(log, x => x.Contains("MaxBytesInFlight", StringComparison.Ordinal));
            Assert.Null(await slow.ReceiveFrameAsync());
        }
        else
        {
            await slow.SendRawAsync(frame[1000..]);
            Assert.NotNull(await slow.ReceiveFrameAsync());
        }
    }

    [Fact]
    public async Task Who_holds_answers_and_never_reads_is_closed_within_ten_seconds_when_others_wait()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        LogLines log = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            MaxBytesInFlight = Limit, Topics = [new BrokerTopic("t")], TimeProvider = time, LoggerFactory = log.Factory,
        });
        using MeasuredBroker measured = new(broker.BootstrapServers);
        using RawClient honest = await RawClient.ConnectAsync(broker.Port);
        List<RawClient> greedy = await FetchWithoutReadingAsync(broker.Port, honest, clients: 10);
        await Eventually.TrueAsync(() => measured.Sum(Waiting) > 0, "somebody waits for bytes");
        Assert.DoesNotContain(log, x => x.Contains("MaxBytesInFlight", StringComparison.Ordinal));
        await PassAsync(time, TimeSpan.FromSeconds(10));
        Assert.Contains(log, x => x.Contains("MaxBytesInFlight", StringComparison.Ordinal));

        // All who wait get the bytes of those that were closed, and are closed in their turn while others wait.
        for (int i = 0; i < 60 && measured.Sum(Waiting) > 0; i++)
        {
            await PassAsync(time, TimeSpan.FromSeconds(5));
        }

        Assert.Equal(0, measured.Sum(Waiting));
        greedy.ForEach(static client => client.Dispose());
        await Eventually.TrueAsync(() => measured.Sum(Used) == 0, "all bytes are given back");
        Assert.Single(TestBatch.Read((await honest.FetchAsync("t", 0, 0)).Bytes("records")));
    }

    [Fact]
    public async Task Many_clients_with_few_bytes_between_them_all_get_on()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using EmbeddedBroker broker = await StartAsync(1 << 20);
        using MeasuredBroker measured = new(broker.BootstrapServers);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => WorkAsync(broker.Port, new Random(seed + i)))));
        await Eventually.TrueAsync(() => measured.Sum(Used) == 0 && measured.Sum(Waiting) == 0, "all bytes are given back");
    }

    /// <summary>Clients that ask for more than their sockets take, of what the honest one has produced, and read none of it.</summary>
    private static async Task<List<RawClient>> FetchWithoutReadingAsync(int port, RawClient honest, int clients)
    {
        for (int i = 0; i < 20; i++)
        {
            await honest.ProduceAsync("t", 0, TestBatch.Build(Large));
        }

        List<RawClient> greedy = [];
        for (int i = 0; i < clients; i++)
        {
            RawClient client = await RawClient.ConnectAsync(port);
            client.Socket.ReceiveBufferSize = 4096;
            greedy.Add(client);
            for (int j = 0; j < BeyondSocketBuffers; j++)
            {
                await client.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: 60_000, partitionMaxBytes: 50 << 20));
            }
        }

        return greedy;
    }

    private static async Task WorkAsync(int port, Random random)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        for (int i = 0; i < 15; i++)
        {
            string value = new('x', random.Next(600 << 10));
            Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build(value))).Number("error_code"));
            await client.CallAsync("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: 100, partitionMaxBytes: random.Next(2 << 20)));
        }
    }

    private static async Task PassAsync(FakeTimeProvider time, TimeSpan whole)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < whole; passed += TimeSpan.FromSeconds(5))
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(20);
        }
    }

    private static Task<EmbeddedBroker> StartAsync(int limit = Limit) => EmbeddedBroker.StartAsync(
        new EmbeddedBrokerOptions { MaxBytesInFlight = limit, Topics = [new BrokerTopic("t")] });

    private static byte[] ProduceFrame()
    {
        byte[] body =
        [
            .. RawClient.Header(0, 8, 1, flexible: false),
            .. LayoutCodec.Encode(
                RawClient.Find("Produce").Request, 8, false, Requests.Produce("t", 0, TestBatch.Build(Large))),
        ];
        byte[] frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        return frame;
    }
}
