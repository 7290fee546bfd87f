using FraudDetection;
using YamlDotNet.RepresentationModel;

namespace StreamFlow.Samples.Tests.Deploy;

/// <summary>The parts of <c>deploy/compose.yaml</c> fit together. Nothing is started.</summary>
public sealed class ComposeTests
{
    private readonly YamlNode _compose = Yaml.Read("compose.yaml");

    private YamlNode Services => _compose.At("services");

    [Fact]
    public void Files_and_volumes_that_are_mounted_are_there()
    {
        var mounts = Services.Entries().Values
            .Where(service => service.Entries().ContainsKey("volumes"))
            .SelectMany(service => service.At("volumes").Texts()).ToList();
        Assert.Equal(7, mounts.Count);
        var volumes = _compose.At("volumes").Entries();
        foreach (var source in mounts.Select(mount => mount.Split(':')[0]))
        {
            Assert.True(
                source.StartsWith("./", StringComparison.Ordinal) ? Path.Exists(Yaml.PathOf(source)) : volumes.ContainsKey(source),
                $"'{source}' is mounted and is not there.");
        }
    }

    [Fact]
    public void Ports_are_published_on_loopback_each_once_and_as_they_are_inside()
    {
        var ports = Services.Entries().Values.SelectMany(service => service.At("ports").Texts()).ToList();
        Assert.Equal(4, ports.Count);
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports, port => Assert.Matches(@"^127\.0\.0\.1:(\d+):\1$", port));
    }

    [Fact]
    public void Services_wait_for_services_that_are_there()
    {
        Assert.Equal(["kafka"], Services.At("fraud-detection", "depends_on").Entries().Keys);
        Assert.Equal("service_healthy", Services.At("fraud-detection", "depends_on", "kafka", "condition").Text());
        Assert.NotEmpty(Services.At("kafka", "healthcheck", "test").Texts());
        Assert.Equal(["prometheus"], Services.At("grafana", "depends_on").Texts());
    }

    [Fact]
    public async Task The_sample_is_built_from_what_is_there_and_understands_its_options()
    {
        var build = Services.At("fraud-detection", "build");
        var context = Yaml.PathOf(build.At("context").Text());
        Assert.True(File.Exists(Path.Combine(context, build.At("dockerfile").Text())));
        Assert.True(File.Exists(Path.Combine(context, "samples", build.At("args", "SAMPLE").Text(), $"{build.At("args", "SAMPLE").Text()}.csproj")));

        SampleSettings? settings = null;
        using var errors = new StringWriter();
        var arguments = Services.At("fraud-detection", "command").Texts();
        var code = await SampleCommandLine.RunAsync([.. arguments], new FraudSample(), s => Task.FromResult((settings = s) is null ? 1 : 0), errors);
        Assert.Equal((0, ""), (code, errors.ToString()));
        Assert.Equal($"127.0.0.1:{settings!.Port}:{settings.Port}", Assert.Single(Services.At("fraud-detection", "ports").Texts()));
        Assert.Equal(System.Net.IPAddress.Any, settings.Listen);
        Assert.EndsWith($":{settings.StateDirectory}", Assert.Single(Services.At("fraud-detection", "volumes").Texts()), StringComparison.Ordinal);
        Assert.Contains($"INSIDE://{settings.BootstrapServers}", Kafka("KAFKA_ADVERTISED_LISTENERS"));
    }

    [Fact]
    public void Each_listener_of_Kafka_has_a_protocol_and_clients_outside_get_an_address_that_is_published()
    {
        var listeners = Kafka("KAFKA_LISTENERS").ToDictionary(l => l.Split("://:")[0], l => l.Split("://:")[1]);
        Assert.Equal(listeners.Keys.Order(), Kafka("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP").Select(l => l.Split(':')[0]).Order());
        Assert.Contains(Kafka("KAFKA_INTER_BROKER_LISTENER_NAME").Single(), listeners.Keys);
        Assert.EndsWith($":{listeners[Kafka("KAFKA_CONTROLLER_LISTENER_NAMES").Single()]}", Kafka("KAFKA_CONTROLLER_QUORUM_VOTERS").Single(), StringComparison.Ordinal);
        Assert.Equal([$"INSIDE://kafka:{listeners["INSIDE"]}", $"OUTSIDE://localhost:{listeners["OUTSIDE"]}"], Kafka("KAFKA_ADVERTISED_LISTENERS"));
        Assert.Equal([$"127.0.0.1:{listeners["OUTSIDE"]}:{listeners["OUTSIDE"]}"], Services.At("kafka", "ports").Texts());
        Assert.Contains($"kafka:{listeners["INSIDE"]}", Services.At("kafka", "healthcheck", "test").Texts());
        Assert.EndsWith($":{Kafka("KAFKA_LOG_DIRS").Single()}", Services.At("kafka", "volumes", "0").Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Prometheus_asks_the_sample_and_has_the_alerts_where_it_looks_for_them()
    {
        var settings = Yaml.Read("prometheus/prometheus.yml");
        var target = settings.At("scrape_configs", "0", "static_configs", "0", "targets", "0").Text().Split(':');
        Assert.Contains($"--port={target[1]}", Services.At(target[0], "command").Texts());
        Assert.Equal("/metrics", settings.At("scrape_configs", "0", "metrics_path").Text());
        var mounts = Mounts("prometheus");
        Assert.Equal("./prometheus/alerts.yml", mounts[settings.At("rule_files", "0").Text()]);
        var command = Services.At("prometheus", "command").Texts();
        Assert.Equal("./prometheus/prometheus.yml", mounts[Option(command, "--config.file")]);
        Assert.Equal("prometheus-data", mounts[Option(command, "--storage.tsdb.path")]);
    }

    [Fact]
    public void Grafana_asks_Prometheus_and_has_the_dashboard_where_it_looks_for_it()
    {
        var source = new Uri(Yaml.Read("grafana/provisioning/datasources/prometheus.yaml").At("datasources", "0", "url").Text());
        Assert.Equal($":{source.Port}", Option(Services.At(source.Host, "command").Texts(), "--web.listen-address"));
        var folder = Yaml.Read("grafana/provisioning/dashboards/streamflow.yaml").At("providers", "0", "options", "path").Text();
        var mounts = Mounts("grafana");
        Assert.Equal("./grafana/streamflow.json", mounts[$"{folder}/streamflow.json"]);
        Assert.Contains(Services.At("grafana", "environment", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH").Text(), mounts.Keys);
        Assert.Equal("./grafana/provisioning", mounts["/etc/grafana/provisioning"]);
    }

    [Fact]
    public void The_alerts_are_rules_with_expressions()
    {
        var rules = Assert.IsType<YamlSequenceNode>(Yaml.Read("prometheus/alerts.yml").At("groups", "0", "rules"));
        Assert.NotEmpty(rules);
        Assert.All(rules, rule => Assert.NotEmpty(rule.At("expr").Text()));
    }

    private static string Option(IReadOnlyList<string> command, string name) =>
        Assert.Single(command, argument => argument.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..];

    private string[] Kafka(string variable) => Services.At("kafka", "environment", variable).Text().Split(',');

    /// <summary>Sources by where they are inside.</summary>
    private Dictionary<string, string> Mounts(string service) =>
        Services.At(service, "volumes").Texts().Select(mount => mount.Split(':')).ToDictionary(mount => mount[1], mount => mount[0]);
}
