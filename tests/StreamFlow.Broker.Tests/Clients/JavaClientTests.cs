using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>The tools of Apache Kafka itself, where a distribution is at hand.</summary>
public sealed class JavaClientTests
{
    [SkippableFact]
    public async Task Kafka_tools_create_produce_consume_and_describe()
    {
        string kafka = RequireKafka();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        string[] server = ["--bootstrap-server", broker.BootstrapServers];
        await ExternalTool.RunAsync(
            kafka, ["topics", .. server, "--create", "--topic", "t", "--partitions", "1", "--config", "cleanup.policy=compact"]);
        string described = await ExternalTool.RunAsync(kafka, ["topics", .. server, "--describe", "--topic", "t"]);
        Assert.Contains("cleanup.policy=compact", described, StringComparison.Ordinal);

        string lines = string.Join('\n', Enumerable.Range(0, 1000).Select(x => $"line {x}")) + "\n";
        await ExternalTool.RunAsync(
            kafka, ["console-producer", .. server, "--topic", "produced", "--compression-codec", "zstd"], lines);
        string consumed = await ExternalTool.RunAsync(
            kafka,
            ["console-consumer", .. server, "--topic", "produced", "--group", "g", "--from-beginning", "--max-messages", "1000"]);
        Assert.Equal(lines, consumed);
        string group = await ExternalTool.RunAsync(kafka, ["consumer-groups", .. server, "--describe", "--group", "g"]);
        string[] row = group.Split('\n').Single(x => x.StartsWith("g ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["g", "produced", "0", "1000", "1000", "0"], row[..6]);
    }

    [SkippableFact]
    public async Task Kafka_tools_run_list_and_describe_transactions()
    {
        const int Records = 5000;
        string kafka = RequireKafka();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        string[] server = ["--bootstrap-server", broker.BootstrapServers];
        await ExternalTool.RunAsync(kafka,
        [
            "producer-perf-test", .. server, "--topic", "t", "--num-records", $"{Records}", "--record-size", "10",
            "--throughput", "-1", "--transactional-id", "perf", "--transaction-duration-ms", "20",
        ]);
        string consumed = await ExternalTool.RunAsync(kafka,
        [
            "console-consumer", .. server, "--topic", "t", "--from-beginning", "--isolation-level", "read_committed",
            "--max-messages", $"{Records}", "--timeout-ms", "30000",
        ]);
        Assert.Equal(Records, consumed.Split('\n').Count(static x => x.Length == 10));
        string listed = await ExternalTool.RunAsync(kafka, ["transactions", .. server, "list"]);
        Assert.Matches("perf\\s+1\\s+\\d+\\s+CompleteCommit", listed);

        // The producer chose version 2: every transaction raised the epoch.
        string described = await ExternalTool.RunAsync(
            kafka, ["transactions", .. server, "describe", "--transactional-id", "perf"]);
        Assert.Matches("perf\\s+\\d+\\s+[1-9]\\d*\\s+CompleteCommit", described);
        string producers = await ExternalTool.RunAsync(
            kafka, ["transactions", .. server, "describe-producers", "--topic", "t", "--partition", "0"]);
        Assert.Contains("None", producers, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Kafka_tools_consume_by_the_consumer_protocol_and_show_and_delete_the_group()
    {
        string kafka = RequireKafka();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 3)] });
        string[] server = ["--bootstrap-server", broker.BootstrapServers];
        string lines = string.Join('\n', Enumerable.Range(0, 300).Select(x => $"line {x}")) + "\n";
        await ExternalTool.RunAsync(kafka, ["console-producer", .. server, "--topic", "t"], lines);

        string consumed = await ExternalTool.RunAsync(kafka,
        [
            "console-consumer", .. server, "--topic", "t", "--group", "g", "--from-beginning", "--max-messages", "300",
            "--consumer-property", "group.protocol=consumer",
        ]);
        Assert.Equal(300, consumed.Split('\n').Count(static x => x.StartsWith("line ", StringComparison.Ordinal)));
        Assert.Contains("Empty", await Groups("--describe", "--group", "g", "--state"), StringComparison.Ordinal);
        Assert.Contains("Consumer", await Groups("--list", "--type", "consumer"), StringComparison.Ordinal);
        Assert.Equal(300, (await Groups("--describe", "--group", "g")).Split('\n')
            .Where(static x => x.StartsWith("g ", StringComparison.Ordinal))
            .Sum(static x => int.Parse(x.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], null)));
        Assert.Contains("0", await Groups("--group", "g", "--reset-offsets", "--to-earliest", "--all-topics", "--execute"), StringComparison.Ordinal);
        await Groups("--delete", "--group", "g");
        Assert.DoesNotContain("g", (await Groups("--list")).Split('\n'));

        Task<string> Groups(params string[] arguments) =>
            ExternalTool.RunAsync(kafka, ["consumer-groups", .. server, .. arguments]);
    }

    [SkippableFact]
    public async Task Kafka_transactions_aborts_a_transaction_that_is_really_open_and_its_producer_goes_on()
    {
        string kafka = RequireKafka();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        // Longer than the tools take to start on a busy machine.
        RawTransaction first = await RawTransaction.InitAsync(client, "open", 5, timeoutMs: 600_000);
        RawTransaction tx = await first.NextAsync(commit: false);
        Assert.Equal(0, (await tx.ProduceAsync("t", 0, 0, "lost")).Number("error_code"));
        string[] tool = ["transactions", "--bootstrap-server", broker.BootstrapServers];
        string described = await ExternalTool.RunAsync(kafka, [.. tool, "describe", "--transactional-id", "open"]);
        Assert.Matches("open\\s+0\\s+1\\s+Ongoing", described);
        string hanging = await ExternalTool.RunAsync(
            kafka, [.. tool, "find-hanging", "--topic", "t", "--max-transaction-timeout", "0"]);
        Assert.DoesNotMatch("t\\s+0\\s+0", hanging);

        await ExternalTool.RunAsync(kafka, [.. tool, "abort", "--topic", "t", "--partition", "0", "--start-offset", "0"]);

        string producers = await ExternalTool.RunAsync(
            kafka, [.. tool, "describe-producers", "--topic", "t", "--partition", "0"]);
        Assert.Contains("None", producers, StringComparison.Ordinal);
        Assert.Equal(120, (await tx.ProduceAsync("t", 0, 1, "late")).Number("error_code"));
        RawTransaction next = await tx.NextAsync(commit: false);
        Assert.Equal(0, (await next.ProduceAsync("t", 0, 0, "kept")).Number("error_code"));
        await next.NextAsync(commit: true);
        string consumed = await ExternalTool.RunAsync(kafka,
        [
            "console-consumer", "--bootstrap-server", broker.BootstrapServers, "--topic", "t", "--from-beginning",
            "--isolation-level", "read_committed", "--max-messages", "1", "--timeout-ms", "30000",
        ]);
        Assert.Equal("kept\n", consumed);
    }

    private static string RequireKafka()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        return ApacheKafkaBroker.Script();
    }
}
