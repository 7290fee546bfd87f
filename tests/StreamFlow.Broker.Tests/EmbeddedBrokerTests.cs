using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

public sealed class EmbeddedBrokerTests
{
    public static TheoryData<string, EmbeddedBrokerOptions> BadOptions() => new()
    {
        { "Host", new EmbeddedBrokerOptions { Host = "" } },
        { "Host", new EmbeddedBrokerOptions { Host = "example.org" } },
        { "AdvertisedHost", new EmbeddedBrokerOptions { Host = "0.0.0.0" } },
        { "AdvertisedHost", new EmbeddedBrokerOptions { Host = "::" } },
        { "Port", new EmbeddedBrokerOptions { Port = -1 } },
        { "AdvertisedPort", new EmbeddedBrokerOptions { AdvertisedPort = 0 } },
        { "DataDirectory", new EmbeddedBrokerOptions { DataDirectory = "" } },
        { "FlushInterval", new EmbeddedBrokerOptions { FlushInterval = TimeSpan.Zero } },
        { "DefaultPartitions", new EmbeddedBrokerOptions { DefaultPartitions = 10_001 } },
        { "MaxConnections", new EmbeddedBrokerOptions { MaxConnections = 0 } },
        { "MaxRequestBytes", new EmbeddedBrokerOptions { MaxRequestBytes = 1 } },
        { "ConnectionIdleTimeout", new EmbeddedBrokerOptions { ConnectionIdleTimeout = TimeSpan.Zero } },
        { "MaxSessionTimeout", new EmbeddedBrokerOptions { GroupMaxSessionTimeout = TimeSpan.FromSeconds(1) } },
        { "no/slash", new EmbeddedBrokerOptions { Topics = [new BrokerTopic("no/slash")] } },
        { "partitions", new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 0)] } },
        {
            "no.such.config",
            new EmbeddedBrokerOptions
            {
                Topics = [new BrokerTopic("t") { Configs = new Dictionary<string, string> { ["no.such.config"] = "1" } }],
            }
        },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public async Task Bad_option_is_named(string name, EmbeddedBrokerOptions options)
    {
        ArgumentException exception =
            await Assert.ThrowsAnyAsync<ArgumentException>(() => EmbeddedBroker.StartAsync(options));
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Temporary_directory_disappears_with_the_broker_and_a_given_one_stays()
    {
        EmbeddedBroker temporary = await EmbeddedBroker.StartAsync();
        Assert.True(Directory.Exists(temporary.DataDirectory));
        await temporary.DisposeAsync();
        await temporary.DisposeAsync();
        Assert.False(Directory.Exists(temporary.DataDirectory));

        using TemporaryDirectory given = new();
        EmbeddedBroker durable = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = given.Path });
        await durable.DisposeAsync();
        Assert.NotEmpty(Directory.GetFileSystemEntries(given.Path));
    }

    [Fact]
    public async Task Start_that_fails_leaves_neither_lock_nor_temporary_directory()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using TemporaryDirectory directory = new();
        EmbeddedBrokerOptions options = new() { DataDirectory = directory.Path };
        IOException exception = await Assert.ThrowsAsync<IOException>(
            () => EmbeddedBroker.StartAsync(options with { Port = port }));
        Assert.Contains($":{port}", exception.Message, StringComparison.Ordinal);
        await using EmbeddedBroker second = await EmbeddedBroker.StartAsync(options);
        IOException locked = await Assert.ThrowsAsync<IOException>(() => EmbeddedBroker.StartAsync(options));
        Assert.Contains(directory.Path, locked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_start_starts_nothing()
    {
        using TemporaryDirectory directory = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = directory.Path }, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public async Task Wanted_topic_that_exists_keeps_its_partitions_and_records()
    {
        using TemporaryDirectory directory = new();
        EmbeddedBrokerOptions options = new() { DataDirectory = directory.Path, Topics = [new BrokerTopic("t", 3)] };
        await using (EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options))
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.ProduceAsync("t", 2, TestBatch.Build("kept"));
        }

        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(
            options with { Topics = [new BrokerTopic("t", 1)] });
        using RawClient reader = await RawClient.ConnectAsync(again.Port);
        Assert.Equal([(0, "kept")], TestBatch.Read((await reader.FetchAsync("t", 2, 0)).Bytes("records")));
    }

    [SkippableFact]
    public async Task Ipv6_address_is_bound_and_advertised()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "no IPv6 here");
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Host = "::1" });
        Assert.Equal($"[::1]:{broker.Port}", broker.BootstrapServers);
        using TcpClient client = new(AddressFamily.InterNetworkV6);
        await client.ConnectAsync(IPAddress.IPv6Loopback, broker.Port);
    }

    [Fact]
    public async Task Localhost_is_advertised_as_the_address_that_is_bound()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Host = "localhost" });
        Assert.Equal($"127.0.0.1:{broker.Port}", broker.BootstrapServers);
    }

    [Fact]
    public async Task Stop_answers_a_waiting_join_as_not_available()
    {
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { GroupInitialRebalanceDelay = TimeSpan.FromMinutes(10) });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct join = MinimalRequests.For("JoinGroup");
        join["member_id"] = "";
        join["group_instance_id"] = "static";
        join["rebalance_timeout_ms"] = 1_200_000;
        int correlation = await client.SendAsync("JoinGroup", 5, join);
        using RawClient observer = await RawClient.ConnectAsync(broker.Port);
        string? state = null;
        while (state != "PreparingRebalance")
        {
            WireStruct described = await observer.CallAsync("DescribeGroups", 1, new WireStruct { ["groups"] = new[] { "absent" } });
            state = described.Only("groups").Text("group_state");
        }

        await broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(15, (await client.ReceiveAsync("JoinGroup", 5, correlation)).Number("error_code"));
    }

    [Fact]
    public async Task Idle_connection_is_closed_and_one_that_waits_for_records_is_not()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("t")],
            ConnectionIdleTimeout = TimeSpan.FromMilliseconds(1),
        });
        using RawClient waiting = await RawClient.ConnectAsync(broker.Port);
        int correlation = await waiting.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, maxWaitMs: 600_000));
        using RawClient idle = await RawClient.ConnectAsync(broker.Port);
        Assert.Null(await idle.ReceiveFrameAsync());
        using RawClient producer = await RawClient.ConnectAsync(broker.Port);
        await producer.ProduceAsync("t", 0, TestBatch.Build("x"));
        await waiting.ReceiveAsync("Fetch", 11, correlation);
    }

    [Fact]
    public async Task Peer_that_does_not_take_its_answer_is_closed()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("t")],
            ConnectionIdleTimeout = TimeSpan.FromMilliseconds(500),
        });
        using RawClient deaf = await RawClient.ConnectAsync(broker.Port);
        for (int i = 0; i < 40; i++)
        {
            await deaf.ProduceAsync("t", 0, TestBatch.Build(new string('x', 1_000_000)));
        }

        // More than the socket buffers of both sides hold, so that the broker cannot get rid of it.
        await deaf.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, partitionMaxBytes: 40 << 20));
        await Eventually.TrueAsync(() => broker.ConnectionCount == 0, "the connection is closed from the broker's side");
    }
}
