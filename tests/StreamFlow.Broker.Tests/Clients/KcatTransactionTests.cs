using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>
/// kcat puts everything it is fed into one transaction, which it commits when its input ends. It has no offsets in it,
/// and to abort it takes a second kcat of the same id, or the timeout.
/// </summary>
public sealed class KcatTransactionTests
{
    /// <summary>Without -E kcat gives up as soon as no broker answers.</summary>
    private static readonly string[] Patient = ["-E", "-X", "reconnect.backoff.max.ms=200"];

    public static TheoryData<string> PointsWithoutOffsets() =>
        [.. FaultPoints.All.Where(static x => !x.Contains("offsets") && !x.Contains("materialise"))];

    [SkippableFact]
    public async Task Kcat_interleaved_transactions_show_only_what_was_committed_in_order()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await StartAsync();
        using ExternalTool first = Producer(broker.BootstrapServers, "first");
        using ExternalTool aborting = Producer(broker.BootstrapServers, "aborting");
        using ExternalTool second = Producer(broker.BootstrapServers, "second");
        long end = 0;
        for (int round = 0; round < 5; round++)
        {
            foreach ((ExternalTool producer, string name) in ((ExternalTool, string)[])[(first, "a"), (aborting, "x"), (second, "b")])
            {
                end = await FeedAsync(broker.Port, producer, name, round, end);
            }
        }

        Assert.Equal("", await ReadAsync(broker.BootstrapServers, "read_committed"));
        await aborting.InterruptAsync();

        // Interrupted while it reads, kcat leaves its transaction open; the next one of the id aborts it.
        await ExternalTool.RunAsync(ExternalTool.Kcat, Arguments(broker.BootstrapServers, "aborting"), "");
        second.Input.Close();
        await second.ExpectSuccessAsync();
        Assert.Equal("", await ReadAsync(broker.BootstrapServers, "read_committed"));
        first.Input.Close();
        await first.ExpectSuccessAsync();

        string[] committed = (await ReadAsync(broker.BootstrapServers, "read_committed")).Split('\n')[..^1];
        string[] all = (await ReadAsync(broker.BootstrapServers, "read_uncommitted")).Split('\n')[..^1];
        Assert.Equal(all.Where(static x => x[0] != 'x'), committed);
        foreach (char name in "ab")
        {
            int[] numbers = [.. committed.Where(x => x[0] == name).Select(static x => int.Parse(x[1..].TrimEnd('.'), null))];
            Assert.Equal(Enumerable.Range(0, 10), numbers);
        }
    }

    [SkippableFact]
    public async Task Kcat_is_fenced_by_a_second_one_of_its_transactional_id()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await StartAsync();
        using ExternalTool old = Producer(broker.BootstrapServers, "tx");
        await FeedAsync(broker.Port, old, "lost", 0, 0);
        await ExternalTool.RunAsync(ExternalTool.Kcat, Arguments(broker.BootstrapServers, "tx"), "kept\n");

        old.Input.Close();
        Assert.NotEqual(0, await old.ExitAsync());

        Assert.Contains("fenced", old.Errors, StringComparison.Ordinal);
        Assert.Equal("kept\n", await ReadAsync(broker.BootstrapServers, "read_committed"));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kcat_killed_in_its_transaction_leaves_nothing_to_be_read(bool hasSuccessor)
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await StartAsync();
        using ExternalTool victim = Producer(broker.BootstrapServers, "tx", "-X", "transaction.timeout.ms=1500");
        await FeedAsync(broker.Port, victim, "lost", 0, 0);
        await victim.KillAsync();
        if (hasSuccessor)
        {
            await ExternalTool.RunAsync(ExternalTool.Kcat, Arguments(broker.BootstrapServers, "tx"), "kept\n");
        }

        await Eventually.TrueAsync(
            () => EndsAsync(broker.Port).Result is var (stable, high) && stable == high, "the transaction is aborted");
        Assert.Equal(hasSuccessor ? "kept\n" : "", await ReadAsync(broker.BootstrapServers, "read_committed"));
    }

    [SkippableTheory]
    [MemberData(nameof(PointsWithoutOffsets))]
    public async Task Kcat_transaction_survives_a_kill_of_the_broker(string point)
    {
        ExternalTool.Require(ExternalTool.Kcat);
        using TemporaryDirectory directory = new();
        int port;
        ExternalTool producer;
        using (StandaloneBroker broker = await StandaloneBroker.StartAsync(
            ("STREAMFLOW_BROKER_CRASH_AT", point), "--data", directory.Path, "--port", "0", "--topic", "t"))
        {
            port = broker.Port;
            producer = Producer(broker.BootstrapServers, "tx", Patient);
            await producer.Input.WriteAsync("1\n2\n3\n");
            producer.Input.Close();
            await broker.WaitForKilledAsync();
        }

        using (producer)
        using (StandaloneBroker again = await StandaloneBroker.StartAsync("--data", directory.Path, "--port", $"{port}"))
        {
            // It gives up a commit that takes more than some seconds; then it does not know what became of it. And it does
            // not begin again where it is told that its transaction can only abort.
            bool mayBeAborted = await producer.ExitAsync() != 0;
            Assert.True(
                !mayBeAborted || producer.Errors.Contains("Timed out", StringComparison.Ordinal)
                || producer.Errors.Contains("INVALID_PRODUCER_ID_MAPPING", StringComparison.Ordinal), producer.Errors);
            await ExternalTool.RunAsync(ExternalTool.Kcat, Arguments(again.BootstrapServers, "tx"), "");
            string read = await ReadAsync(again.BootstrapServers, "read_committed");
            Assert.True(read == "1\n2\n3\n" || (mayBeAborted && read.Length == 0), read);
        }
    }

    [SkippableFact]
    public async Task Kcat_idempotent_producer_repeats_nothing_over_kills_of_the_broker()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        using TemporaryDirectory directory = new();
        StandaloneBroker broker = await StandaloneBroker.StartAsync("--data", directory.Path, "--port", "0", "--topic", "t");
        try
        {
            int port = broker.Port;
            using ExternalTool producer = ExternalTool.Start(
                ExternalTool.Kcat,
                ["-b", broker.BootstrapServers, "-P", "-t", "t", "-p", "0", "-X", "linger.ms=1",
                    "-X", "enable.idempotence=true", .. Patient]);
            string[] lines = [.. Enumerable.Range(0, 30_000).Select(static x => $"{x}")];
            for (int at = 0; at < lines.Length; at += 10_000)
            {
                await producer.Input.WriteAsync(string.Join('\n', lines[at..(at + 10_000)]) + "\n");
                await producer.Input.FlushAsync();
                await Eventually.TrueAsync(() => EndsAsync(port).Result.High > at, "some of it was produced");
                await broker.KillAsync();
                broker.Dispose();
                broker = await StandaloneBroker.StartAsync("--data", directory.Path, "--port", $"{port}");
            }

            producer.Input.Close();
            await producer.ExpectSuccessAsync();
            Assert.Equal(string.Join('\n', lines) + "\n", await ReadAsync(broker.BootstrapServers, "read_uncommitted"));
        }
        finally
        {
            broker.Dispose();
        }
    }

    private static Task<EmbeddedBroker> StartAsync() =>
        EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });

    private static string[] Arguments(string bootstrap, string id, params string[] more) =>
        ["-b", bootstrap, "-P", "-t", "t", "-p", "0", "-X", $"transactional.id={id}", "-X", "linger.ms=1", .. more];

    private static ExternalTool Producer(string bootstrap, string id, params string[] more) =>
        ExternalTool.Start(ExternalTool.Kcat, Arguments(bootstrap, id, more));

    /// <summary>Feeds two numbered lines, of which the first is produced at once: kcat reads by the kilobyte.</summary>
    private static async Task<long> FeedAsync(int port, ExternalTool producer, string name, int round, long end)
    {
        string padding = new('.', 2_500);
        await producer.Input.WriteAsync($"{name}{2 * round}{padding}\n{name}{(2 * round) + 1}{padding}\n");
        await producer.Input.FlushAsync();
        await Eventually.TrueAsync(() => EndsAsync(port).Result.High > end, $"{name} is produced");
        return (await EndsAsync(port)).High;
    }

    private static async Task<(long Stable, long High)> EndsAsync(int port)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        WireStruct read = await client.FetchAsync("t", 0, 0);
        return (read.Number("last_stable_offset"), read.Number("high_watermark"));
    }

    private static Task<string> ReadAsync(string bootstrap, string isolation) => ExternalTool.RunAsync(ExternalTool.Kcat,
        ["-b", bootstrap, "-C", "-t", "t", "-o", "beginning", "-e", "-q", "-X", $"isolation.level={isolation}"]);
}
