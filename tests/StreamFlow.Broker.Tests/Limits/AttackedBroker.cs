using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using TemporaryDirectory = StreamFlow.Broker.Tests.Support.TemporaryDirectory;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>A broker as a process of its own, whose memory can be asked of the operating system.</summary>
internal sealed partial class AttackedBroker : IDisposable
{
    private readonly Process _process;
    private readonly Task _drained;

    private AttackedBroker(Process process, int port)
    {
        _process = process;
        Port = port;
        _drained = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public int Port { get; }

    public bool IsAlive => !_process.HasExited;

    /// <summary>The most memory that it had resident until now, in bytes; Linux says so.</summary>
    public long PeakBytes => File.Exists(StatusFile) && Peak().Match(File.ReadAllText(StatusFile)) is { Success: true } match
        ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) << 10
        : 0;

    private string StatusFile => $"/proc/{_process.Id}/status";

    /// <summary>Starts it on a free port with a topic "t" of eight partitions.</summary>
    /// <param name="assembly">The program: that of the tests, or <c>StreamFlow.Cli.dll</c> of any version.</param>
    /// <param name="arguments">Further options.</param>
    public static async Task<AttackedBroker> StartAsync(string assembly, params string[] arguments)
    {
        bool isTool = Path.GetFileNameWithoutExtension(assembly) == "StreamFlow.Cli";
        string host = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        string[] port = arguments.Contains("--listener") ? [] : ["--port", "0"];
        string[] command = ["exec", assembly, .. isTool ? (string[])["broker"] : [], .. port, "--topic", "t:8", .. arguments];
        ProcessStartInfo start = new(host, command) { RedirectStandardOutput = true, RedirectStandardError = true };

        // One that has no limit of its own must not take the machine with it.
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x100000000";
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
            {
                return new AttackedBroker(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException($"{assembly} did not start: {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Starts one that asks by PLAIN who its clients are. There is alice, whose password is wonderland.</summary>
    /// <param name="assembly">As above.</param>
    /// <param name="arguments">Further options.</param>
    public static async Task<AttackedBroker> StartSecuredAsync(string assembly, params string[] arguments)
    {
        if (Path.GetFileNameWithoutExtension(assembly) != "StreamFlow.Cli")
        {
            return await StartAsync(assembly, ["--sasl-user", "alice:wonderland", .. arguments]);
        }

        using TemporaryDirectory directory = new();
        string password = Path.Combine(directory.Path, "alice");
        await File.WriteAllTextAsync(password, "wonderland");
        return await StartAsync(
            assembly,
            ["--listener", "SASL_PLAINTEXT://127.0.0.1:0", "--sasl-mechanism", "PLAIN", "--user", $"alice={password}", .. arguments]);
    }

    /// <summary>Waits until its memory grows no more.</summary>
    public async Task SettleAsync()
    {
        long before;
        int rounds = 0;
        do
        {
            before = PeakBytes;
            await Task.Delay(400);
        }
        while (PeakBytes - before > 4 << 20 && ++rounds < 30);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _drained.Wait(TimeSpan.FromSeconds(10));
        _process.Dispose();
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex Peak();
}
