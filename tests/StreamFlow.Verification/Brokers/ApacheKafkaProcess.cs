using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Verification.Brokers;

/// <summary>Apache Kafka, driven by the distribution's script (<c>bin/kafka</c> below <c>KAFKA_HOME</c>).</summary>
internal sealed class ApacheKafkaProcess : BrokerUnderTest
{
    private const int Attempts = 3;
    private readonly string _script;
    private readonly string _folder;
    private readonly Process _watchdog;

    public ApacheKafkaProcess(string script, string folder, int port, int advertisedPort)
        : base(port, advertisedPort)
    {
        _script = script;
        _folder = Path.Combine(folder, "broker");

        // A harness that is killed must not leave a broker behind.
        _watchdog = Process.Start(new ProcessStartInfo(
            "bash",
            ["-c", "while kill -0 $1 2>/dev/null; do sleep 1; done; \"$2\" kill \"$3\"", "watchdog",
                $"{Environment.ProcessId}", script, _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>The script, or null where there is no Apache Kafka.</summary>
    public static string? FindScript(string repository)
    {
        var home = Environment.GetEnvironmentVariable("KAFKA_HOME") ?? Path.Combine(repository, "..", "shared", "kafka");
        var script = Path.GetFullPath(Path.Combine(home, "bin", "kafka"));
        return File.Exists(script) ? script : null;
    }

    public override async Task StartAsync(string? crashPoint = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StartOnceAsync();
                return;
            }
            catch (HarnessException) when (attempt < Attempts)
            {
                // The script's random cluster id begins with a hyphen now and then, which Kafka takes for an option.
            }
        }
    }

    private Task StartOnceAsync() => RunAsync(
        "start", _folder, Port.ToString(CultureInfo.InvariantCulture),
        FormattableString.Invariant($"advertised.listeners=PLAINTEXT://127.0.0.1:{AdvertisedPort}"),
        "group.min.session.timeout.ms=1000",
        "auto.create.topics.enable=false",
        // Timed-out transactions are looked for often, as their timeout is short here.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000");

    public override Task KillAsync() => RunAsync("kill", _folder);

    public override async ValueTask DisposeAsync()
    {
        _watchdog.Kill(entireProcessTree: true);
        _watchdog.Dispose();
        await KillAsync();
    }

    private async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(_script, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadLineAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new HarnessException($"{_script} {string.Join(' ', arguments)} failed: {await output} {await errors}");
        }
    }
}
