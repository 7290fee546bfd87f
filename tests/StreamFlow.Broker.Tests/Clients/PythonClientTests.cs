using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>python-confluent (librdkafka) and kafka-python: the scripts beside this file hold the assertions.</summary>
public sealed class PythonClientTests
{
    private const string Confluent = "confluent_kafka";
    private const string Transactions = "confluent_kafka transactions";
    private const string KafkaPython = "kafka";

    [SkippableTheory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Confluent_reads_back_keys_values_and_headers_with_codec(string codec) =>
        await RunAsync(Confluent, "codec", codec);

    [SkippableFact]
    public async Task Confluent_idempotent_producer_keeps_order() => await RunAsync(Confluent, "idempotent");

    [SkippableTheory]
    [InlineData("range")]
    [InlineData("cooperative-sticky")]
    public async Task Confluent_group_shares_and_takes_over_partitions(string strategy) =>
        await RunAsync(Confluent, "group", strategy);

    [SkippableFact]
    public async Task Confluent_admin_creates_describes_and_deletes() => await RunAsync(Confluent, "admin");

    [SkippableFact]
    public async Task Confluent_finds_offsets_by_timestamp() => await RunAsync(Confluent, "timestamps");

    [SkippableTheory]
    [InlineData("none")]
    [InlineData("gzip")]
    public async Task KafkaPython_reads_back_keys_values_and_headers_with_codec(string codec) =>
        await RunAsync(KafkaPython, "codec", codec);

    [SkippableFact]
    public async Task KafkaPython_group_shares_and_takes_over_partitions() => await RunAsync(KafkaPython, "group");

    [SkippableFact]
    public async Task KafkaPython_admin_creates_describes_and_deletes() => await RunAsync(KafkaPython, "admin");

    [SkippableTheory]
    [InlineData("visibility")]
    [InlineData("fencing")]
    [InlineData("timeout")]
    [InlineData("offsets")]
    public async Task Confluent_transactional_producer(string test) => await RunAsync(Transactions, test);

    [SkippableFact]
    public async Task Confluent_interleaved_transactions_are_atomic() =>
        await RunAsync(Transactions, "interleaved", Random.Shared.Next().ToString(CultureInfo.InvariantCulture));

    [SkippableFact]
    public async Task Confluent_clients_survive_a_restart_of_the_broker() =>
        await RestartAsync("confluent_client.py", "restart");

    [SkippableFact]
    public async Task Confluent_transaction_survives_a_restart_of_the_broker() =>
        await RestartAsync("confluent_transactions.py", "open_transaction");

    [SkippableFact]
    public async Task Confluent_consumer_closed_while_it_waits_for_its_group_is_gone_at_once()
    {
        ExternalTool.Require(ExternalTool.Python, Confluent);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.StableMemberAsync("g");
        using ExternalTool consumer = ExternalTool.Start(
            ExternalTool.Python, ExternalTool.Script("confluent_client.py"), "close_while_joining", broker.BootstrapServers);
        await Eventually.TrueAsync(() => client.GroupAsync("g").Result is ("PreparingRebalance", 2), "it waits");

        await consumer.Input.WriteLineAsync("close");
        await consumer.Input.FlushAsync();

        // The member that was there has not rejoined, and every timeout is longer than this test.
        await Eventually.TrueAsync(() => client.GroupAsync("g").Result is ("PreparingRebalance", 1), "it is gone");
    }

    [SkippableTheory]
    [InlineData("begun")]
    [InlineData("produced")]
    [InlineData("offsets")]
    [InlineData("committing")]
    [InlineData("aborting")]
    [InlineData("committed")]
    public async Task Confluent_producer_killed_in_a_phase_is_fenced_by_its_successor(string phase)
    {
        ExternalTool.Require(ExternalTool.Python, Confluent);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        string script = ExternalTool.Script("confluent_transactions.py");
        using (ExternalTool victim = ExternalTool.Start(
            ExternalTool.Python, script, "victim", broker.BootstrapServers, phase))
        {
            await victim.ExpectOutputAsync("REACHED");
            await victim.KillAsync();
        }

        await ExternalTool.RunAsync(ExternalTool.Python, [script, "resume", broker.BootstrapServers, "60"]);
    }

    private static async Task RestartAsync(string script, string test)
    {
        ExternalTool.Require(ExternalTool.Python, Confluent);
        using TemporaryDirectory directory = new();
        EmbeddedBrokerOptions options = new() { DataDirectory = directory.Path };
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options);
        try
        {
            using ExternalTool client = ExternalTool.Start(
                ExternalTool.Python, ExternalTool.Script(script), test, broker.BootstrapServers);
            await client.ExpectOutputAsync("RESTART");
            await broker.DisposeAsync();
            broker = await EmbeddedBroker.StartAsync(options with { Port = broker.Port });
            await client.Input.WriteLineAsync("RESTARTED");
            await client.Input.FlushAsync();
            await client.ExpectSuccessAsync();
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }

    private static async Task RunAsync(string module, string test, params string[] arguments)
    {
        ExternalTool.Require(ExternalTool.Python, module == KafkaPython ? KafkaPython : Confluent);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        string script = module switch
        {
            Confluent => "confluent_client.py",
            Transactions => "confluent_transactions.py",
            _ => "kafka_python_client.py",
        };
        string output = await ExternalTool.RunAsync(
            ExternalTool.Python, [ExternalTool.Script(script), test, broker.BootstrapServers, .. arguments]);
        Assert.Contains("OK", output, StringComparison.Ordinal);
    }
}
