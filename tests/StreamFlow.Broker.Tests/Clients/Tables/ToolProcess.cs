using System.Diagnostics;
using System.Globalization;
using System.Text;
using StreamFlow.TestSupport;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>A virtual machine that runs the main methods of Kafka's tools (ToolServer.java).</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly Dictionary<string, string> Classes = new()
    {
        ["configs"] = "kafka.admin.ConfigCommand",
        ["topics"] = "org.apache.kafka.tools.TopicCommand",
        ["client-metrics"] = "org.apache.kafka.tools.ClientMetricsCommand",
        ["console-producer"] = "org.apache.kafka.tools.ConsoleProducer",
        ["console-consumer"] = "org.apache.kafka.tools.consumer.ConsoleConsumer",
        ["console-share-consumer"] = "org.apache.kafka.tools.consumer.ConsoleShareConsumer",
        ["consumer-groups"] = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        ["share-groups"] = "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
        ["streams-groups"] = "org.apache.kafka.tools.streams.StreamsGroupCommand",
        ["groups"] = "org.apache.kafka.tools.GroupsCommand",
        ["get-offsets"] = "org.apache.kafka.tools.GetOffsetShell",
        ["delete-records"] = "org.apache.kafka.tools.DeleteRecordsCommand",
        ["log-dirs"] = "org.apache.kafka.tools.LogDirsCommand",
        ["transactions"] = "org.apache.kafka.tools.TransactionsCommand",
        ["acls"] = "org.apache.kafka.tools.AclCommand",
        ["metadata-quorum"] = "org.apache.kafka.tools.MetadataQuorumCommand",
        ["features"] = "org.apache.kafka.tools.FeatureCommand",
        ["cluster"] = "org.apache.kafka.tools.ClusterTool",
        ["leader-election"] = "org.apache.kafka.tools.LeaderElectionCommand",
        ["reassign-partitions"] = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        ["verifiable-producer"] = "org.apache.kafka.tools.VerifiableProducer",
        ["verifiable-consumer"] = "org.apache.kafka.tools.VerifiableConsumer",
        ["producer-perf-test"] = "org.apache.kafka.tools.ProducerPerformance",
        ["consumer-perf-test"] = "org.apache.kafka.tools.ConsumerPerformance",
        ["e2e-latency"] = "org.apache.kafka.tools.EndToEndLatency",
        ["broker-api-versions"] = "org.apache.kafka.tools.BrokerApiVersionsCommand",
        ["streams-application-reset"] = "org.apache.kafka.tools.StreamsResetter",
        ["dump-log"] = "org.apache.kafka.tools.DumpLogSegments",
        ["delegation-tokens"] = "org.apache.kafka.tools.DelegationTokenCommand",
    };

    private readonly Process _process;

    private ToolProcess(Process process) => _process = process;

    /// <summary>Why the tools cannot run here, or null.</summary>
    public static string? WhyUnavailable()
    {
        if (ApacheKafkaBroker.WhyUnavailable() is { } reason)
        {
            return reason;
        }

        string compiler = Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home
            ? Path.Combine(home, "bin", "javac")
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Select(static x => Path.Combine(x, "javac")).FirstOrDefault(File.Exists) ?? "javac";
        return File.Exists(compiler) ? null : "there is no javac: a JDK is needed to run a Java source file";
    }

    public static ToolProcess Start()
    {
        ProcessStartInfo start = new(
            ApacheKafkaBroker.Script(),
            ["java", Path.Combine(AppContext.BaseDirectory, "Clients", "Tables", "ToolServer.java")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KAFKA_JVM_OPTS"] = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC";
        start.Environment["KAFKA_LOG_LEVEL"] = "OFF";
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return new ToolProcess(process);
    }

    /// <summary>Runs a tool to its end.</summary>
    public Task<(int Code, string Output)> RunAsync(string tool, string input, IEnumerable<string> arguments) =>
        CallAsync([Classes[tool], .. new[] { input }.Concat(arguments).Select(Encoded)]);

    /// <summary>Lets a consumer join a group and stay there.</summary>
    public Task JoinAsync(string server, string group, string topic, string protocol) =>
        CallAsync(["JOIN", .. new[] { "", server, group, topic, protocol }.Select(Encoded)]);

    public Task LeaveAsync() => CallAsync(["LEAVE"]);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string Encoded(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task<(int Code, string Output)> CallAsync(string[] words)
    {
        await _process.StandardInput.WriteLineAsync(string.Join(' ', words));
        await _process.StandardInput.FlushAsync();
        string answer = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The virtual machine of the tools ended.");
        string[] parts = answer.Split(' ');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), Encoding.UTF8.GetString(Convert.FromBase64String(parts[1])));
    }
}
