using System.Diagnostics;
using System.Globalization;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Kafka;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Latency;

/// <summary>The application between sender and receiver, in a process of its own.</summary>
internal sealed class LatencyApplication : IDisposable
{
    public const long DefaultCommitMs = 100;

    private const string Running = "RUNNING";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(1);
    private readonly Process _process;

    private LatencyApplication(Process process) => _process = process;

    public static async Task<LatencyApplication> StartAsync(Options options, string name)
    {
        var arguments = new List<string> { "LatencyWorker", "--app", name };
        foreach (var option in new[] { "bootstrap", "workload", "guarantee", "commit", "state", "producer", "consumer" })
        {
            if (options.Has(option))
            {
                arguments.AddRange(["--" + option, options.Need(option)]);
            }
        }

        var started = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var application = new LatencyApplication(Process.Start(started)!);
        var line = await application._process.StandardOutput.ReadLineAsync().WaitAsync(StartLimit);
        if (line != Running)
        {
            application.Dispose();
            throw new InvalidOperationException($"The application did not start; it said '{line}'.");
        }

        return application;
    }

    /// <summary>What runs in the process: until standard input is closed.</summary>
    public static async Task<int> WorkAsync(Options options)
    {
        var (name, workload) = (options.Need("app"), options.Need("workload"));
        var folder = Path.Combine(options.Get("state", Path.GetTempPath()), name);
        var settings = new StreamFlowOptions
        {
            ApplicationId = name,
            StateDirectory = folder,
            ProcessingGuarantee = options.Get("guarantee", "at_least_once") == "exactly_once_v2"
                ? ProcessingGuarantee.ExactlyOnce
                : ProcessingGuarantee.AtLeastOnce,
            CommitInterval = TimeSpan.FromMilliseconds(options.Number("commit", DefaultCommitMs)),
            CacheMaxBytes = 0, // every record is to have a result
        };
        var clients = new KafkaClients(new KafkaClientOptions
        {
            BootstrapServers = options.Need("bootstrap"),
            Producer = options.Pairs("producer"),
            Consumer = options.Pairs("consumer"),
        });
        await using (var application = new StreamsApplication(
            Workloads.Of(workload).Build(new WorkloadTopics([name + "-in"], name + "-out", new(), new())),
            settings,
            clients,
            new StreamsServices { StoreBackend = new RocksDbBackendFactory() }))
        {
            application.StateChanged += (_, now) =>
            {
                if (now == StreamsState.Running)
                {
                    Console.Out.WriteLine(Running);
                }
            };
            await application.StartAsync();
            await Task.WhenAny(Console.In.ReadToEndAsync(), application.Completion);
            await application.StopAsync();
            if (application.Status.Error is { } error)
            {
                await Console.Error.WriteLineAsync(error.ToString());
                return 1;
            }
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    /// <summary>Largest resident set of the process so far, in MiB.</summary>
    public double PeakResidentMb()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(StopLimit);
        if (_process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The application ended with {_process.ExitCode}.");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
