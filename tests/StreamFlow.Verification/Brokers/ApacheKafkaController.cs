using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using StreamFlow.TestSupport;

namespace StreamFlow.Verification.Brokers;

/// <summary>
/// The controller of an Apache Kafka in a process of its own. It lives on while the broker is killed, and has ended the
/// broker's session before the next one starts, as in production: one that finds its old session still there leads its
/// partitions, loses them and leads them anew, and what its coordinators do just then goes wrong (docs/exactly-once.md).
/// </summary>
internal sealed class ApacheKafkaController : IAsyncDisposable
{
    private const string ClusterId = "AAAAAAAAAAAAAAAAAAAAAQ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    private ApacheKafkaController(Process process) => _process = process;

    /// <summary>How long it takes a broker that is gone for one that is there; not so short that a busy machine is mistaken.</summary>
    public static TimeSpan SessionTimeout { get; } = TimeSpan.FromSeconds(6);

    /// <summary>Starts one and prepares the folder of a broker that belongs to it.</summary>
    /// <param name="folder">The controller's folder.</param>
    /// <param name="brokerFolder">The broker's, as its script expects it.</param>
    /// <exception cref="InvalidOperationException">There is no Apache Kafka or no Java.</exception>
    public static async Task<ApacheKafkaController> StartAsync(string folder, string brokerFolder)
    {
        ApacheKafkaBroker.Require();
        var port = FreePort.Find();
        var settings = await FormatAsync(
            folder, folder, port, "--standalone",
            "process.roles=controller", "node.id=2", $"listeners=CONTROLLER://127.0.0.1:{port}",
            string.Create(CultureInfo.InvariantCulture, $"broker.session.timeout.ms={SessionTimeout.TotalMilliseconds}"));
        await FormatAsync(
            brokerFolder, Path.Combine(brokerFolder, "data"), port, "--no-initial-controllers",
            "process.roles=broker", "node.id=1", "listeners=PLAINTEXT://127.0.0.1:9092");
        await File.WriteAllTextAsync(
            Path.Combine(brokerFolder, "controller-port"), port.ToString(CultureInfo.InvariantCulture));
        var controller = new ApacheKafkaController(Run(settings, Path.Combine(folder, "log")));
        await ListeningAsync(port);
        return controller;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<string> FormatAsync(string folder, string data, int port, string kind, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "format.properties");
        await File.WriteAllLinesAsync(file, [
            .. settings,
            "controller.listener.names=CONTROLLER",
            $"controller.quorum.bootstrap.servers=127.0.0.1:{port}",
            $"log.dirs={data}",
        ]);
        return await ApacheKafkaBroker.RunAsync("storage", "format", kind, "-t", ClusterId, "-c", file) is { } failure
            ? throw new HarnessException($"Apache Kafka's storage cannot be formatted: {failure}")
            : file;
    }

    /// <summary>Between it and this process stands a shell that ends it when this process is killed.</summary>
    private static Process Run(string settings, string log) => Process.Start(new ProcessStartInfo(
        "bash",
        [
            "-c", "\"$1\" java kafka.Kafka \"$2\" >\"$3\" 2>&1 & while kill -0 $PPID 2>/dev/null; do sleep 1; done; kill -9 $!",
            "controller", ApacheKafkaBroker.Script(), settings, log,
        ])
    {
        Environment = { ["KAFKA_JVM_OPTS"] = "-Xmx256m" },
    })!;

    private static async Task ListeningAsync(int port)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException exception)
            {
                if (Stopwatch.GetElapsedTime(began) > StartLimit)
                {
                    throw new HarnessException($"Apache Kafka's controller does not listen: {exception.Message}");
                }

                await Task.Delay(100);
            }
        }
    }
}
