using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamFlow.RocksDb;
using StreamFlow.State;
using StreamFlow.TestSupport;
using StreamFlow.Verification.Brokers;
using StreamFlow.Verification.Faults;
using StreamFlow.Verification.Load;
using StreamFlow.Verification.Oracles;
using StreamFlow.Verification.Workers;
using Monitor = StreamFlow.Verification.Load.Monitor;

namespace StreamFlow.Verification;

/// <summary>Broker, proxy, inputs, watcher and workers of one run, and what was found on the way.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(90);
    private readonly Options _options;
    private readonly List<LocalState> _localStates = [];
    private readonly List<LocalState> _formerStates = [];
    private readonly List<string> _troubles = [];
    private int _livenessChecks;
    private readonly RocksDbBackendFactory _stores = new();

    private Arena(Options options, string folder, BrokerUnderTest broker, KafkaProxy proxy)
    {
        (_options, Folder, Broker, Proxy) = (options, folder, broker, proxy);
    }

    public string Folder { get; }

    /// <summary>Whether logs, state and the broker's data stay where they are: unless all was well.</summary>
    public bool IsKept { get; set; } = true;

    /// <summary>A file system of its own for the state of one worker, when there is one.</summary>
    public SmallDisk? Disk { get; set; }

    public BrokerUnderTest Broker { get; }

    public KafkaProxy Proxy { get; }

    /// <summary>Number of partitions of the topic that may be given more.</summary>
    public int PassingPartitions { get; set; } = Workload.Partitions;

    public string BootstrapServers => $"127.0.0.1:{Proxy.Port}";

    /// <summary>Which cluster it is, from 0 on.</summary>
    public int Cluster { get; private set; }

    public List<WorkerHandle> Workers { get; } = [];

    /// <summary>Each cluster has inputs of its own, so that results of another one are wrong.</summary>
    private ulong Seed => _options.Seed + (ulong)Cluster;

    public Feeder Feeder { get; private set; } = null!;

    public Monitor Monitor { get; private set; } = null!;

    public static async Task<Arena> StartAsync(Options options, long? lostInput = null)
    {
        var folder = Directory.CreateTempSubdirectory("streamflow-verify-").FullName;
        var port = FreePort.Find();
        var proxy = new KafkaProxy(port);
        BrokerUnderTest broker = options.UseKafka
            ? new ApacheKafkaProcess(folder, port, proxy.Port)
            : new EmbeddedBrokerProcess(folder, port, proxy.Port);
        var arena = new Arena(options, folder, broker, proxy);
        await arena.StartClusterAsync(lostInput);
        return arena;
    }

    /// <summary>
    /// Ends the cluster and starts another one in its place, with the same names and other inputs. The workers, which have ended,
    /// keep what is on their disks: the state of the cluster before.
    /// </summary>
    public async Task RenewClusterAsync()
    {
        Monitor.Dispose();
        Feeder.Dispose();
        await Broker.ForgetAsync();
        _localStates.Clear();
        _formerStates.Clear();
        Workers.ForEach(w => _formerStates.AddRange(LocalState.Read(w.Name, "before", w.StateFolder, _stores)));
        PassingPartitions = Workload.Partitions;
        Cluster++;
        await StartClusterAsync(lostInput: null);
    }

    /// <summary>Makes a worker with a state folder of its own; it does not run yet.</summary>
    public WorkerHandle AddWorker(string name, int threads = 1, string? plant = null, int plantAfter = 1)
    {
        var worker = new WorkerHandle(
            new WorkerSettings
            {
                BootstrapServers = BootstrapServers,
                Name = name,
                StateDirectory = Path.Combine(Folder, name),
                Threads = threads,
                Plant = plant,
                PlantAfter = plantAfter,
            },
            Folder);
        Workers.Add(worker);
        return worker;
    }

    /// <summary>One of the workers that are always there.</summary>
    public WorkerHandle AnyWorker(Random random)
    {
        var lasting = Workers.Where(w => w.IsAlive && w.Name.StartsWith('w')).ToList();
        return lasting.Count > 0
            ? lasting[random.Next(lasting.Count)]
            : throw new HarnessException($"All workers have ended by themselves; their logs are in {Folder}.");
    }

    /// <summary>Keeps what a worker that does not run has on its disk, to be judged at the end.</summary>
    public void RememberState(WorkerHandle worker, string when) => _localStates.AddRange(
        LocalState.Read(worker.Name, when, worker.StateFolder, _stores).Where(s => !_formerStates.Exists(s.IsUntouched)));

    /// <summary>Whether a worker that does not run has a store on its disk.</summary>
    public bool HasState(WorkerHandle worker) => LocalState.Read(worker.Name, "away", worker.StateFolder, _stores).Count > 0;

    /// <summary>Up to where in the changelogs of the cluster before a worker's stores were complete.</summary>
    public IReadOnlyList<TopicPartitionOffset> FormerEnds(WorkerHandle worker) =>
    [
        .. from state in _formerStates
           where state.Worker == worker.Name
           select new TopicPartitionOffset(Workload.ChangelogOf(state.Store), state.Partition, state.ChangelogOffset),
    ];

    /// <summary>Notes whether something came alive again, or ended, as it should. Several faults may be waited for at a time.</summary>
    public void CheckLiveness(bool isRight, string trouble)
    {
        lock (_troubles)
        {
            _livenessChecks++;
            if (!isRight)
            {
                _troubles.Add(trouble);
            }
        }
    }

    /// <summary>Ends inputs, lets the workers finish, stops them in order and reads all that is to be judged.</summary>
    /// <param name="silence">Without results for so long, none are expected any more; 90 seconds by default.</param>
    /// <param name="afterwards">What is done when the workers have stopped.</param>
    public async Task<Evidence> EndAsync(TimeSpan? silence = null, Action? afterwards = null)
    {
        Feeder.Stop();
        await SettleAsync(silence ?? SilenceLimit);
        foreach (var worker in Workers)
        {
            if (worker.IsAlive)
            {
                CheckLiveness(worker.Stop(), $"{worker.Name} did not stop in order");
            }

            RememberState(worker, "at the end");
        }

        afterwards?.Invoke();
        _troubles.AddRange(Workers.SelectMany(w => w.UnexpectedEnds));
        return Evidence.Collect(
            BootstrapServers, Seed, Feeder.Sent, Feeder.Failures, _localStates,
            new Liveness(_troubles, _livenessChecks + Workers.Sum(w => w.Lives)),
            topic => topic == Workload.Passing ? PassingPartitions : Workload.Partitions);
    }

    public async ValueTask DisposeAsync()
    {
        Workers.ForEach(w => w.Dispose());
        Monitor?.Dispose();
        Feeder?.Dispose();
        await Broker.DisposeAsync();
        await Proxy.DisposeAsync();
        if (IsKept)
        {
            Console.WriteLine($"logs and data: {Folder}");
            return;
        }

        Disk?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What is missing when the time is over the oracles will name.</summary>
    private async Task SettleAsync(TimeSpan silence)
    {
        while (!Monitor.IsComplete && Monitor.Silence < silence)
        {
            await Task.Delay(50);
        }

        // The last results are committed; so that their positions are as well.
        await Task.Delay(500);
    }

    private async Task StartClusterAsync(long? lostInput)
    {
        await Broker.StartAsync();
        await CreateTopicsAsync();
        Feeder = new Feeder(BootstrapServers, Seed, _options.Rate, lostInput);
        Feeder.SendTables();
        Monitor = new Monitor(BootstrapServers, Feeder);
    }

    private async Task CreateTopicsAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers })
            .SetLogHandler(static (_, _) => { }).Build();
        await admin.CreateTopicsAsync(Workload.Topics.Select(topic => new TopicSpecification
        {
            Name = topic,
            NumPartitions = Workload.Partitions,
            ReplicationFactor = 1,
            Configs = new Dictionary<string, string> { ["retention.ms"] = "-1" },
        }));
    }
}
