using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Verification.Brokers;

/// <summary>StreamFlow's broker in a process of its own, which may end at a fault point.</summary>
internal sealed class EmbeddedBrokerProcess(string folder, int port, int advertisedPort)
    : BrokerUnderTest(port, advertisedPort)
{
    private const string CrashVariable = "STREAMFLOW_BROKER_CRASH_AT";
    private Process? _process;

    public override IReadOnlyList<string> CrashPoints { get; } =
    [
        "txn.after-init", "txn.after-add", "txn.before-offsets", "txn.after-offsets", "txn.before-prepare",
        "txn.after-prepare", "txn.before-marker", "txn.after-marker", "txn.before-materialise", "txn.after-materialise",
        "txn.before-complete", "txn.after-complete",
    ];

    public override async Task StartAsync(string? crashPoint = null)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "exec", Path.Combine(AppContext.BaseDirectory, "StreamFlow.Broker.Host.dll"),
                "--data", DataFolder, "--port", Text(Port), "--advertised-port", Text(AdvertisedPort),
                "--group-min-session-timeout", "1000", "--no-auto-create",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (crashPoint is not null)
        {
            start.Environment[CrashVariable] = crashPoint;
        }

        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginErrorReadLine();
        // One that is to crash may do so while it recovers, before it is ready.
        if (await _process.StandardOutput.ReadLineAsync() is null && crashPoint is null)
        {
            throw new HarnessException($"The broker did not start; see {LogFile}.");
        }
    }

    public override async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public override async Task ForgetAsync()
    {
        await KillAsync();
        Directory.Delete(DataFolder, recursive: true);
    }

    public override async Task<bool> HasEndedAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await _process!.WaitForExitAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    private string DataFolder => Path.Combine(folder, "broker");

    private string LogFile => Path.Combine(folder, "broker.log");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Log(string? line)
    {
        if (line is not null)
        {
            File.AppendAllText(LogFile, line + Environment.NewLine);
        }
    }
}
