using System.Diagnostics;
using System.Globalization;
using System.Text;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>
/// Clients nobody here wrote, feature by feature. Each is a program that prints a line "feature TAB result" for everything in
/// <see cref="Features"/>: "ok", "- why there is no such thing", or "FAILED why".
/// </summary>
internal static class ClientTable
{
    public static readonly string[] Features =
    [
        "produce and consume, not compressed", "gzip", "snappy", "lz4", "zstd", "keys and headers, empty and null",
        "group: join, rebalance, leave", "group of the consumer protocol", "static member", "commit, committed, seek", "offsets by time",
        "idempotent producer", "transactions: commit, abort", "offsets in a transaction", "admin: topics", "admin: configs",
        "admin: groups", "admin: rules", "admin: users", "TLS", "TLS with a client's certificate", "SASL PLAIN", "SCRAM-SHA-256",
        "SCRAM-SHA-512", "OAUTHBEARER, signed token", "re-authentication",
    ];

    public static readonly string[] Clients =
        ["Java 4.3.1", "Confluent.Kafka 2.16.0", "kcat 1.7.1", "python-confluent 1.7.0", "kafka-python 2.0.2", "kafkajs 2.2.4"];

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static string KafkaJs => Environment.GetEnvironmentVariable("KAFKAJS") is { Length: > 0 } set
        ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "streamflow", "kafkajs");

    /// <summary>Why a client cannot be tried here, or null.</summary>
    public static string? WhyMissing(string client) => client.Split(' ')[0] switch
    {
        "Java" => ToolProcess.WhyUnavailable(),
        "kcat" => Missing("kcat", "-V"),
        "python-confluent" => Missing(ExternalTool.Python, "-c", "import confluent_kafka"),
        "kafka-python" => Missing(ExternalTool.Python, "-c", "import kafka"),
        "kafkajs" => Missing("node", "-v") ?? (Directory.Exists(Path.Combine(KafkaJs, "node_modules", "kafkajs"))
            ? null
            : $"there is no kafkajs in {KafkaJs}; KAFKAJS names the directory it is installed in"),
        _ => null,
    };

    /// <summary>Results by feature.</summary>
    /// <param name="client">One of <see cref="Clients"/>.</param>
    /// <param name="broker">What it is tried with.</param>
    /// <param name="features">Only these, which the programs in Java and C# know how to; none for all.</param>
    public static async Task<Dictionary<string, string>> RunAsync(string client, ClientBroker broker, params string[] features)
    {
        string prefix = client.Split(' ')[0] + "-";
        if (client.StartsWith("Confluent", StringComparison.Ordinal))
        {
            return await RunAsync(new ConfluentFeatures(new ClientSettings(broker), prefix).All()
                .Where(x => features.Length == 0 || features.Contains(x.Key)));
        }

        ProcessStartInfo start = Command(client);
        foreach (string argument in (string[])[prefix, .. features])
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["CLIENT_SETTINGS"] = broker.JsonFile;
        start.Environment["CLIENT_PROPERTIES"] = broker.PropertiesFile;
        using Process process = Process.Start(start)!;
        using CancellationTokenSource deadline = new(Longest);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Dictionary<string, string> results = output.Split('\n').Select(static x => x.Split('\t')).Where(static x => x.Length == 2)
            .ToDictionary(static x => x[0], static x => x[1]);
        Assert.True(results.Count > 0, $"{client} said nothing: {await errors}");
        return results;
    }

    /// <summary>As a page shows it.</summary>
    public static string Markdown(IReadOnlyDictionary<string, Dictionary<string, string>> results)
    {
        string[] clients = [.. Clients.Where(results.ContainsKey)];
        StringBuilder text = new($"| | {string.Join(" | ", clients)} |\n|---|{string.Concat(clients.Select(static _ => "---|"))}\n");
        foreach (string feature in Features)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {feature} | {string.Join(" | ", clients.Select(x => results[x][feature]))} |\n");
        }

        return text.ToString();
    }

    private static async Task<Dictionary<string, string>> RunAsync(IEnumerable<KeyValuePair<string, Func<Task>>> features)
    {
        Dictionary<string, string> results = [];
        foreach ((string name, Func<Task> run) in features)
        {
            try
            {
                // Its calls block.
                await Task.Run(run);
                results[name] = "ok";
            }
            catch (Exception exception)
            {
                // Whatever it is, it is this feature's result.
                results[name] = $"FAILED {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}";
            }
        }

        return results;
    }

    private static ProcessStartInfo Command(string client)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Clients", "Tables");
        return client.Split(' ')[0] switch
        {
            "Java" => new(ApacheKafkaBroker.Script(), ["java", Path.Combine(folder, "FeaturesJava.java")])
            {
                Environment = { ["KAFKA_JVM_OPTS"] = "-Xmx512m -XX:+UseSerialGC", ["KAFKA_LOG_LEVEL"] = "OFF" },
            },
            "kcat" => new("bash", [Path.Combine(folder, "features_kcat.sh")]),
            "python-confluent" => new(ExternalTool.Python, [Path.Combine(folder, "features_confluent.py")]),
            "kafka-python" => new(ExternalTool.Python, [Path.Combine(folder, "features_kafka_python.py")]),
            _ => new("node", [Path.Combine(folder, "features_kafkajs.js")])
            {
                Environment = { ["NODE_PATH"] = Path.Combine(KafkaJs, "node_modules") },
            },
        };
    }

    private static string? Missing(string file, params string[] probe)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, probe) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{file} {string.Join(' ', probe)} fails";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"there is no {file}";
        }
    }
}
