using System.Buffers.Binary;
using System.Net.Sockets;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Server;

public sealed class ConnectionTests
{
    [Theory]
    [InlineData(999, 0)]
    [InlineData(-1, 0)]
    [InlineData(3, 99)]
    [InlineData(3, -1)]
    [InlineData(0, 2)]
    [InlineData(1, 13)]
    public async Task Unknown_api_or_version_closes_the_connection(int key, int version)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.SendFrameAsync([.. RawClient.Header(key, version, 1, flexible: false), 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Null(await client.ReceiveFrameAsync());
        await AssertServesAsync(broker);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    [InlineData(0x47455420)] // "GET ": a browser on the wrong port
    public async Task Absurd_frame_size_closes_the_connection(int size)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] head = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(head, size);
        await client.SendRawAsync(head);
        Assert.Null(await client.ReceiveFrameAsync());
        await AssertServesAsync(broker);
    }

    [Fact]
    public async Task Large_frame_of_a_small_api_closes_the_connection()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(head, 64 << 20);
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(4), 3);
        await client.SendRawAsync(head);
        Assert.Null(await client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task Array_count_beyond_the_frame_closes_the_connection_without_allocating()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        long before = GC.GetTotalAllocatedBytes();

        // Eight million topics: few enough that a broker which believes the number would get the memory.
        await client.SendFrameAsync([.. RawClient.Header(3, 1, 1, flexible: false), 0x00, 0x80, 0x00, 0x00]);
        Assert.Null(await client.ReceiveFrameAsync());
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public async Task Half_frame_does_not_hold_up_other_connections()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient slow = await RawClient.ConnectAsync(broker.Port);
        await slow.SendRawAsync([0, 0, 1, 0, 0, 3]);
        await AssertServesAsync(broker);
    }

    [Fact]
    public async Task Frame_sent_byte_by_byte_is_answered()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] header = RawClient.Header(18, 0, 5, flexible: false);
        foreach (byte part in (byte[])[0, 0, 0, (byte)header.Length, .. header])
        {
            await client.SendRawAsync([part]);
        }

        Assert.Equal(0, (await client.ReceiveAsync("ApiVersions", 0, 5)).Number("error_code"));
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order_around_a_waiting_fetch()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        List<(string Api, int Version, int Correlation)> sent = [];
        for (int i = 0; i < 50; i++)
        {
            (string api, int version, WireStruct request) = i switch
            {
                _ when i == 25 => ("Fetch", 11, Requests.Fetch("t", 0, 13, maxWaitMs: 100)),
                _ when i % 2 == 0 && i < 25 => ("Produce", 8, Requests.Produce("t", 0, TestBatch.Build("x"))),
                _ when i % 3 == 0 => ("Metadata", 1, Requests.Metadata("t")),
                _ => ("ApiVersions", 3, MinimalRequests.For("ApiVersions")),
            };
            sent.Add((api, version, await client.SendAsync(api, version, request)));
        }

        foreach ((string api, int version, int correlation) in sent)
        {
            await client.ReceiveAsync(api, version, correlation);
        }
    }

    [Fact]
    public async Task More_connections_than_allowed_are_refused_and_one_that_ends_makes_room()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { MaxConnections = 2, LoggerFactory = log.Factory });
        RawClient first = await RawClient.ConnectAsync(broker.Port);
        using RawClient second = await RawClient.ConnectAsync(broker.Port);
        await first.CallAsync("ApiVersions", 0, []);
        await second.CallAsync("ApiVersions", 0, []);
        using (RawClient third = await RawClient.ConnectAsync(broker.Port))
        {
            Assert.Null(await third.ReceiveFrameAsync());
        }

        Assert.Contains(log, x => x.Contains("MaxConnections", StringComparison.Ordinal));

        first.Dispose();
        await Eventually.TrueAsync(() => broker.ConnectionCount < 2, "the connection that ended is counted no more");
        await AssertServesAsync(broker);
    }

    [Fact]
    public async Task Seeded_random_and_mutated_frames_never_take_the_broker_down()
    {
        const int Seed = 20251121;
        Random random = new(Seed);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")], DefaultPartitions = 1 });
        for (int round = 0; round < 1500; round++)
        {
            byte[] frame = round % 3 == 0 ? RandomFrame(random) : MutatedFrame(random);
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            try
            {
                await client.SendFrameAsync(frame);
                client.Socket.Shutdown(SocketShutdown.Send);

                // Whatever the answer is, the connection must come to an end: a broken request never hangs.
                while (await client.ReceiveFrameAsync() is not null)
                {
                }
            }
            catch (Exception exception) when (exception is not (IOException or SocketException))
            {
                throw new InvalidOperationException(
                    $"seed {Seed}, round {round}, frame {Convert.ToHexString(frame)}", exception);
            }
            catch (IOException)
            {
                // Closed while this client was still sending.
            }
        }

        await AssertServesAsync(broker);
    }

    [Fact]
    public async Task Stop_is_quick_while_a_fetch_waits_and_answers_it()
    {
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        int correlation = await client.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: 600_000));
        await Eventually.TrueAsync(() => broker.ConnectionCount == 1, "the connection is open");
        await broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        byte[]? frame = await client.ReceiveFrameAsync();

        // Either the wait was answered, or the request had not been read yet when the broker stopped.
        if (frame is not null)
        {
            Assert.Equal(correlation, BinaryPrimitives.ReadInt32BigEndian(frame));
            Assert.Null(await client.ReceiveFrameAsync());
        }
    }

    [Fact]
    public async Task Peer_that_hangs_up_releases_its_waiting_fetch()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: 600_000));
        await Eventually.TrueAsync(() => broker.ConnectionCount == 1, "the connection is open");
        client.Dispose();
        await Eventually.TrueAsync(() => broker.ConnectionCount == 0, "the waiting request is given up");
    }

    private static async Task AssertServesAsync(EmbeddedBroker broker)
    {
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await client.CallAsync("ApiVersions", 0, [])).Number("error_code"));
    }

    private static byte[] RandomFrame(Random random)
    {
        byte[] body = new byte[random.Next(0, 200)];
        random.NextBytes(body);
        int key = MutableApis[random.Next(MutableApis.Count)].Key;
        return [.. RawClient.Header(key, random.Next(0, 12), random.Next(), random.Next(2) == 0), .. body];
    }

    /// <summary>A good request with some bytes changed, removed or added.</summary>
    private static byte[] MutatedFrame(Random random)
    {
        ApiLayout api = MutableApis[random.Next(MutableApis.Count)];
        int version = random.Next(api.Versions.Min, api.Versions.Max + 1);
        bool flexible = version >= api.FlexibleFrom;
        WireStruct request = MinimalRequests.For(api.Name);
        List<byte> frame =
        [
            .. RawClient.Header(api.Key, version, random.Next(), flexible),
            .. LayoutCodec.Encode(api.Request, version, flexible, request),
        ];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int at = random.Next(4, frame.Count);
            switch (random.Next(3))
            {
                case 0:
                    frame[at] = (byte)random.Next(256);
                    break;
                case 1 when frame.Count > 12:
                    frame.RemoveAt(at);
                    break;
                default:
                    frame.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. frame];
    }

    private static IReadOnlyList<ApiLayout> MutableApis { get; } =
        [.. StreamFlow.Broker.Handlers.ApiTable.All.Select(x => WireLayout.All[(int)x.Key])];
}
