using StreamFlow.Broker;
using StreamFlow.Broker.Testing;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Tests.Records;

/// <summary>No record is lost because something went wrong beside it, or because the command was told to end.</summary>
public sealed class LostRecordsTests
{
    [Fact]
    public async Task What_came_of_one_partition_is_shown_though_another_failed_for_a_moment()
    {
        int fetches = 0;
        using RequestProxy proxy = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { AdvertisedPort = proxy.Port, Topics = [new BrokerTopic("a"), new BrokerTopic("b")] });
        proxy.Start(broker.Port, frame => Task.FromResult(IsFetch(frame) && ++fetches == 1 ? WithUnknownEpochOf(frame, "b") : frame));
        foreach (string topic in (string[])["a", "b"])
        {
            (await Support.Cli.RunAsync(new Setting { Input = "1\n2\n"u8.ToArray() }, "produce", topic, "-b", broker.BootstrapServers)).Succeeded();
        }

        string read = (await Support.Cli.RunAsync("consume", "a", "b", "--from-beginning", "-e", "--json", "-b", broker.BootstrapServers)).Succeeded();

        Assert.True(fetches > 1, "the broker failed no partition");
        Assert.Equal(4, read.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_group_does_not_commit_what_came_behind_the_end_and_was_not_shown()
    {
        int fetches = 0;
        using RequestProxy proxy = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { AdvertisedPort = proxy.Port, Topics = [new BrokerTopic("t")] });
        proxy.Start(broker.Port, async frame =>
        {
            if (IsFetch(frame) && ++fetches == 2)
            {
                await ProduceAsync(broker, "late\n");
            }

            return frame;
        });

        // More than one fetch takes, so that the end is known before the last of them is read.
        await ProduceAsync(broker, string.Concat(Enumerable.Range(0, 4).Select(static i => $"{i}{new string('x', 400_000)}\n")));

        string read = (await Support.Cli.RunAsync("consume", "t", "--group", "g", "--from-beginning", "-e", "-b", broker.BootstrapServers)).Succeeded();
        Assert.Equal(["0", "1", "2", "3"], read.TrimEnd('\n').Split('\n').Select(static line => line[..1]));

        Assert.Equal("late\n", (await Support.Cli.RunAsync("consume", "t", "--group", "g", "--count", "1", "--idle", "20s", "-b", broker.BootstrapServers)).Succeeded());
    }

    [Fact]
    public async Task What_was_read_before_the_interrupt_is_sent_though_the_broker_was_not_ready()
    {
        await using TestBroker broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        BrokerFault notReady = broker.Faults.Fail(BrokerApi.Produce, BrokerError.NotLeaderOrFollower, new RequestMatch { Times = int.MaxValue });
        using CancellationTokenSource interrupt = new();
        using Endless input = new("1\n2\n"u8.ToArray());
        Task<Outcome> producing = Support.Cli.RunAsync(new Setting { Stream = input, Cancelled = interrupt.Token }, "produce", "t", "-b", broker.BootstrapServers);
        while (notReady.Hits < 2)
        {
            await Task.Delay(10);
        }

        interrupt.Cancel();
        notReady.Lift();

        Assert.Equal(ExitCode.Interrupted, (await producing).Code);
        Assert.Equal("1\n2\n", (await Support.Cli.RunAsync("consume", "t", "--from-beginning", "-e", "-b", broker.BootstrapServers)).Succeeded());
    }

    [Fact]
    public async Task The_interrupt_ends_input_that_waits_for_somebody_to_type()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using CancellationTokenSource interrupt = new();
        using Endless input = new("1\n"u8.ToArray());
        Task<Outcome> producing = Support.Cli.RunAsync(new Setting { Stream = input, Cancelled = interrupt.Token }, "produce", "t", "-b", broker.BootstrapServers);
        while (broker.Describe().Topics.Single(static t => t.Name == "t").Partitions[0].EndOffset == 0)
        {
            await Task.Delay(10);
        }

        interrupt.Cancel();

        Assert.Equal(ExitCode.Interrupted, (await producing.WaitAsync(TimeSpan.FromMinutes(1))).Code);
    }

    [Fact]
    public async Task A_disk_that_fails_for_a_moment_is_waited_for()
    {
        await using TestBroker broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        broker.Faults.Fail(BrokerApi.Produce, BrokerError.KafkaStorageError, new RequestMatch { Times = 2 });

        (await Support.Cli.RunAsync(new Setting { Input = "1\n"u8.ToArray() }, "produce", "t", "-b", broker.BootstrapServers)).Succeeded();

        Assert.Equal("1\n", (await Support.Cli.RunAsync("consume", "t", "--from-beginning", "-e", "-b", broker.BootstrapServers)).Succeeded());
    }

    private static async Task ProduceAsync(EmbeddedBroker broker, string input) =>
        (await Support.Cli.RunAsync(new Setting { Input = System.Text.Encoding.UTF8.GetBytes(input) }, "produce", "t", "-b", broker.BootstrapServers)).Succeeded();

    private static bool IsFetch(byte[] frame) => new WireReader(frame).ReadInt16() == (short)ApiKey.Fetch;

    /// <summary>The request as of a client that knows of a leader this broker has not heard of: the partition is refused, the others are not.</summary>
    private static byte[] WithUnknownEpochOf(byte[] frame, string topic)
    {
        WireReader reader = new(frame);
        reader.ReadInt16();
        short version = reader.ReadInt16();
        reader.ReadInt32();
        reader.ReadHeaderString();
        reader.Version = version;
        reader.Flexible = KafkaApis.Find(ApiKey.Fetch)!.IsFlexible(version);
        reader.SkipTags();
        FetchRequest request = FetchRequest.Read(ref reader);
        int header = frame.Length - Encoded(request, version).Length;
        request.Topics.Single(t => t.Topic == topic).Partitions[0].CurrentLeaderEpoch = 1000;
        return [.. frame[..header], .. Encoded(request, version)];
    }

    private static byte[] Encoded(FetchRequest request, short version)
    {
        using WireWriter writer = new() { Version = version, Flexible = KafkaApis.Find(ApiKey.Fetch)!.IsFlexible(version) };
        request.Write(writer);
        return writer.Written.ToArray();
    }

    /// <summary>Input that does not end, and whose reading nothing gives up, as that of a terminal.</summary>
    private sealed class Endless(byte[] begin) : MemoryStream(begin)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            }

            return read;
        }
    }
}
