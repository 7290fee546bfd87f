using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Serving;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests.Serving;

public sealed class BrokerCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The clock and the log are what the program gives; everything else is the user's.</summary>
    [Fact]
    public void Every_option_of_the_broker_has_a_setting()
    {
        string[] programs = [nameof(EmbeddedBrokerOptions.TimeProvider), nameof(EmbeddedBrokerOptions.LoggerFactory)];

        Assert.Equal(
            typeof(EmbeddedBrokerOptions).GetProperties().Select(p => p.Name).Except(programs).Order(),
            BrokerSettings.All.Select(s => s.Property).Distinct().Order());
        Assert.Distinct(BrokerSettings.All.Select(s => s.Name));
    }

    [Fact]
    public async Task Help_explains_every_setting_and_shows_examples()
    {
        string help = (await Support.Cli.RunAsync("broker", "--help")).Succeeded();

        Assert.All(BrokerSettings.All, setting => Assert.Contains($"--{setting.Name} <{setting.Form}>", help, StringComparison.Ordinal));
        Assert.Contains("Examples:\n  streamflow broker ", help, StringComparison.Ordinal);
        Assert.DoesNotContain("STREAMFLOW_BROKER_CRASH", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--prot 1", "'streamflow broker' has no option --prot. Did you mean --port? See 'streamflow broker --help'.")]
    [InlineData("--port", "--port has no value; give --port <number>; see 'streamflow broker --help'.")]
    [InlineData("--port x", "--port is 'x'; give a whole number from 0 to 65535.")]
    [InlineData("--port 70000", "--port is '70000'; give a whole number from 0 to 65535.")]
    [InlineData("--port 1 --port 2", "--port is given more than once; give it once.")]
    [InlineData("--flush maybe", "--flush is 'maybe'; give os, interval or fsync.")]
    [InlineData("--auto-create-topics yes", "--auto-create-topics is 'yes'; give true or false.")]
    [InlineData("--group-min-session-timeout soon", "--group-min-session-timeout is 'soon'; give a time such as 100ms, 6s or 15m, or milliseconds.")]
    [InlineData("--partitions 0", "--partitions is '0'; give a whole number from 1 to 10000.")]
    [InlineData("--host 0.0.0.0", "AdvertisedHost")]
    [InlineData("--host nowhere", "Host is 'nowhere'")]
    [InlineData("--topic a:b", "the number of partitions in --topic is 'b'; give a whole number from 1 to 10000.")]
    [InlineData("--topic a:b:c", "--topic is 'a:b:c'; give a topic as name or name:partitions.")]
    [InlineData("--port 0 --topic ..", "'..'")]
    [InlineData("--port 0 --http here", "--http is 'here'; give a port, or an IP address and a port such as 0.0.0.0:9644.")]
    [InlineData("--listener TLS://x:1", "--listener is 'TLS://x:1'; give a listener such as SASL_SSL://0.0.0.0:9093@db1.lan:9093.")]
    [InlineData("--tls-key k", "--tls-key is given, but no listener has TLS; give --listener, such as SASL_SSL://0.0.0.0:9093.")]
    [InlineData("--super-user User:a", "--super-user is given without --authorization true")]
    [InlineData("--listener SASL_PLAINTEXT://127.0.0.1:0 --sasl-mechanism GSSAPI", "--sasl-mechanism is 'GSSAPI'; give PLAIN, ")]
    [InlineData("--listener SASL_PLAINTEXT://127.0.0.1:0 --sasl-mechanism PLAIN --user a=/nowhere", "--user names /nowhere, which cannot be read: ")]
    [InlineData("orders", "'streamflow broker' takes no 'orders'.")]
    [InlineData("--config nowhere.json", "The configuration file nowhere.json cannot be read: ")]
    public async Task Bad_argument_is_named_with_its_value_and_the_remedy(string arguments, string expected)
    {
        Outcome outcome = await Support.Cli.RunAsync(["broker", .. arguments.Split(' ')]);

        Assert.Contains(expected, outcome.Failed(ExitCode.Usage), StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "is no JSON object; write { \"port\": 9092, \"data\": \"./data\" }.")]
    [InlineData("{ \"port\": }", "is no JSON: ")]
    [InlineData("{ \"prot\": 1 }", "has 'prot', which is no setting; there are data, host, port, ")]
    [InlineData("{ \"port\": \"x\" }", "give a whole number from 0 to 65535.")]
    [InlineData("{ \"port\": {} }", "is {}; give a text, a number, true, false or a list of these.")]
    public async Task Bad_configuration_file_is_named_with_what_is_wrong_in_it(string text, string expected)
    {
        string file = _folder.Write("broker.json", text);

        string error = (await Support.Cli.RunAsync("broker", "--config", file)).Failed(ExitCode.Usage);

        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_in_use_is_named()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        Assert.Contains($"127.0.0.1:{port}", (await Support.Cli.RunAsync("broker", "--port", $"{port}", "--log-level", "warning")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Contains(
            $"--http cannot listen at 127.0.0.1:{port}: ",
            (await Support.Cli.RunAsync("broker", "--port", "0", "--http", $"{port}")).Failed(ExitCode.Failed), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_stops_it_cleanly_and_the_data_stay(string signal)
    {
        string data = Path.Combine(_folder.Path, "data");
        using (CliProcess broker = await CliProcess.StartAsync("broker", "--port", "0", "--data", data, "--topic", "kept:2"))
        {
            Assert.Equal($"Broker ready at {broker.BootstrapServers}, data in {data}", broker.FirstLine);
            Assert.Equal((0, ""), await broker.EndAsync(signal));
        }

        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { DataDirectory = data });
        Assert.Equal(2, again.Describe().Topics.Single(t => t.Name == "kept").Partitions.Count);
    }

    [Fact]
    public async Task Command_line_goes_before_the_environment_and_this_before_the_file()
    {
        string file = _folder.Write("broker.json", $$"""
            {
              // As people write it.
              "port": 0,
              "topic": ["of-file:3", "second"],
              "num.partitions": 7,
              "data": "{{Path.Combine(_folder.Path, "of-file")}}",
            }
            """);
        string data = Path.Combine(_folder.Path, "of-environment");
        Dictionary<string, string> variables = new() { ["STREAMFLOW_BROKER_DATA"] = data, ["STREAMFLOW_BROKER_TOPIC"] = "of-environment:2" };
        using (CliProcess broker = await CliProcess.StartAsync(variables, "broker", "--config", file))
        {
            Assert.EndsWith($"data in {data}", broker.FirstLine, StringComparison.Ordinal);
            await broker.EndAsync("TERM");
        }

        Assert.Equal(["of-environment:2"], await TopicsAsync(data));
        using (CliProcess broker = await CliProcess.StartAsync(variables, "broker", "--config", file, "--topic", "of-line:4", "--topic", "of-line-too"))
        {
            await broker.EndAsync("TERM");
        }

        Assert.Equal(["of-environment:2", "of-line-too:1", "of-line:4"], await TopicsAsync(data));
    }

    [Fact]
    public async Task Switch_without_a_value_is_switched_on()
    {
        using CliProcess broker = await CliProcess.StartAsync("broker", "--host", "0.0.0.0", "--advertised-host", "127.0.0.1", "--allow-unsecured-network", "--port", "0", "--log-level", "error");

        Assert.Equal((0, ""), await broker.EndAsync("TERM"));
    }

    /// <summary>Hosts of .NET write it with a capital.</summary>
    [Fact]
    public async Task Log_level_is_read_in_any_case()
    {
        string file = _folder.Write("broker.json", """{ "port": 0, "log-level": "Warning" }""");

        using CliProcess broker = await CliProcess.StartAsync("broker", "--config", file);

        Assert.Equal((0, ""), await broker.EndAsync("TERM"));
    }

    [Fact]
    public async Task Health_and_metrics_are_answered_over_http_as_Prometheus_reads_them()
    {
        using CliProcess broker = await CliProcess.StartAsync("broker", "--port", "0", "--http", "0", "--topic", "t:2", "--log-level", "warning");
        string address = broker.FirstLine.Split("http://")[1].Split('/')[0];
        using HttpClient http = new() { BaseAddress = new Uri($"http://{address}") };

        string health = await http.GetStringAsync("/health");
        string metrics = await http.GetStringAsync("/metrics");

        Assert.Contains($"\"status\":\"ready\",\"summary\":\"ready\",\"needsHelp\":false,\"bootstrapServers\":\"{broker.BootstrapServers}\"", health, StringComparison.Ordinal);
        Assert.Contains(
            "# HELP streamflow_broker_connections Connections that are open.\n# TYPE streamflow_broker_connections gauge\n"
            + $"streamflow_broker_connections{{streamflow_broker_address=\"{broker.BootstrapServers}\"}} 0\n",
            metrics, StringComparison.Ordinal);
        Assert.Contains("streamflow_broker_topic_size_bytes{", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/other")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/health", null)).StatusCode);
        Assert.Equal((0, ""), await broker.EndAsync("TERM"));
    }

    private static async Task<List<string>> TopicsAsync(string data)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { DataDirectory = data });
        return [.. broker.Describe().Topics.Where(t => !t.Name.StartsWith('_')).Select(t => $"{t.Name}:{t.Partitions.Count}").Order(StringComparer.Ordinal)];
    }
}
