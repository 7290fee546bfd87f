using System.Diagnostics;
using Confluent.Kafka;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>The broker in a process of its own, which can be stopped and killed.</summary>
internal sealed class HostedBroker
{
    // In its own folder, which has all that it needs: this program's has a web host around it.
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("StreamFlow.Benchmarks", "StreamFlow.Broker.Host", StringComparison.Ordinal), "StreamFlow.Broker.Host.dll");

    private readonly Process _process;

    private HostedBroker(Process process, string bootstrap, double startMs) => (_process, Bootstrap, StartMs) = (process, bootstrap, startMs);

    public string Bootstrap { get; }

    public long Pid => _process.Id;

    /// <summary>From the start of the process to its first answer to a Metadata request about all topics.</summary>
    public double StartMs { get; }

    public static async Task<HostedBroker> StartAsync(string folder, (string Name, string? Value)? variable = null)
    {
        long began = Stopwatch.GetTimestamp();
        ProcessStartInfo start = new(
            "dotnet", ["exec", Program, "--data", folder, "--port", "0"])
        {
            RedirectStandardOutput = true,
        };
        if (variable is { Value: not null } set)
        {
            start.Environment[set.Name] = set.Value;
        }

        Process process = Process.Start(start)!;
        string ready = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The broker did not start.");
        string bootstrap = ready.Split(' ', ',')[3];
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();
        _ = admin.GetMetadata(TimeSpan.FromMinutes(5));
        return new HostedBroker(process, bootstrap, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>Asks it to stop; how long that took.</summary>
    public async Task<double> StopAsync()
    {
        long began = Stopwatch.GetTimestamp();
        using Process ask = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }
}
