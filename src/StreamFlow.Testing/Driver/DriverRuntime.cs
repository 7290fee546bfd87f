using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Runtime;

namespace StreamFlow.Testing.Driver;

/// <summary>
/// An application over an in-memory cluster, run on the caller's thread through one life after the other; cluster, clock and
/// folder outlive these.
/// </summary>
internal sealed class DriverRuntime : IDisposable
{
    /// <summary>How often in one call a failure is mended that always comes again, before it counts as one.</summary>
    private const int MaxRecoveries = 100;

    private readonly TopologyTestDriverOptions _options;
    private readonly DriverFolder _folder;
    private readonly Guid _processId = Guid.NewGuid();
    private readonly DriverCounts _counts = new();
    private readonly ApplicationMeter _meter;
    private DriverLife? _life;
    private int _recoveries;

    public DriverRuntime(Topology topology, TopologyTestDriverOptions options)
    {
        Topology = topology;
        _options = options;
        _meter = new ApplicationMeter(options.Application.ApplicationId, options.Application.MetricsLevel);
        Time = new VirtualTime(options.StartTime);
        Kafka = new InMemoryKafka(new InMemoryKafkaOptions { Time = Time, AutoCreateTopics = true });
        DriverTopics.CheckNames(topology.Plan, options);
        _folder = new DriverFolder(options.StoreBackend, options.Application.ApplicationId);
        try
        {
            Begin();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What runs in this life.</summary>
    public Topology Topology { get; private set; }

    public VirtualTime Time { get; }

    public InMemoryKafka Kafka { get; }

    public ResolvedTopics Topics { get; private set; } = null!;

    /// <inheritdoc cref="DriverLife.Parts"/>
    public IEnumerable<(SubTopology SubTopology, TaskContext Context)> Parts => _life?.Parts ?? [];

    /// <summary>What was counted in all lives.</summary>
    public TopologyTestMetrics Metrics => _counts.With(_life);

    /// <summary>Does what is due, and processes until there is nothing left that may be processed now.</summary>
    public void Complete()
    {
        _recoveries = 0;
        Work();
    }

    /// <summary>Commits, and processes and commits what can be seen by that, until all is final.</summary>
    public void Commit()
    {
        _recoveries = 0;
        do
        {
            Guard(static life =>
            {
                life.Commit();
                return true;
            });
        }
        while (Work());
    }

    /// <summary>Moves the clock, not past a commit that is due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        while (_options.CommitsByInterval && _life!.UntilCommit is { } due && due < by)
        {
            // One that failed is due at once, and would be for ever.
            var step = due > TimeSpan.Zero ? due : TimeSpan.FromTicks(Math.Min(by.Ticks, TimeSpan.TicksPerMillisecond));
            Time.Advance(step);
            by -= step;
            Complete();
        }

        Time.Advance(by);
        Complete();
    }

    /// <summary>Ends this life and begins the next.</summary>
    /// <param name="options">What it begins with.</param>
    /// <param name="inOrder">Whether this one commits and closes, or is killed.</param>
    /// <param name="commits">Whether there may be anything to commit; a thread that has failed does not.</param>
    public void Restart(RestartOptions options, bool inOrder, bool commits)
    {
        if (inOrder)
        {
            Stop(commits);
        }
        else
        {
            Kill();
        }

        if (options.LosesState)
        {
            _folder.Empty();
        }

        Topology = options.Topology ?? Topology;
        Begin();
        Complete();
    }

    /// <summary>A topic to pipe records into that is not there yet, and whose name matches a pattern of the topology.</summary>
    /// <returns>False when it matches none.</returns>
    public bool TryMatch(string topic)
    {
        if (!Topics.Plan.IsMatched(topic))
        {
            return false;
        }

        Kafka.CreateTopic(topic, 1);
        TakeMatchingTopics();
        return Topics.AllSourceTopics.Contains(topic);
    }

    public void Dispose()
    {
        try
        {
            _life?.Dispose();
        }
        finally
        {
            _life = null;
            _meter.Dispose();
            _folder.Dispose();
        }
    }

    private void Begin()
    {
        var application = _options.Application;
        DriverTopics.Create(Kafka, Topology.Plan, _options);
        using var admin = Kafka.CreateAdmin(application.ApplicationId);

        Topics = Prepare(admin);
        var directory = _folder.Open();
        _life = new DriverLife(
            new ThreadServices
            {
                Options = application,
                Meter = _meter,
                Topics = Topics,
                TopologyIdentity = Topology.Identity,
                Clients = Kafka,
                StateDirectory = directory,
                ProcessId = directory?.ProcessId ?? _processId,
                StoreBackend = _options.StoreBackend,
                Time = Time,
                Logger = _options.Logger ?? NullLogger.Instance,
            },
            _options.CommitsByInterval);
        _life.Start();
    }

    /// <summary>
    /// The in-memory admin answers at once, so nothing is waited for. What the topology does not name, a dead letter topic, is
    /// made by the first record for it.
    /// </summary>
    private ResolvedTopics Prepare(IKafkaAdmin admin) =>
        new TopicPreparation(
            Topology.Plan, _options.Application with { MissingOutputTopics = MissingTopicResponse.Continue }, admin)
            .RunAsync(default).GetAwaiter().GetResult();

    private void Stop(bool commits)
    {
        if (commits)
        {
            _recoveries = 0;
            Guard(static life =>
            {
                life.Commit();
                return true;
            });
        }

        _counts.Keep(_life);
        _life?.Dispose();
        _life = null;
        _folder.Close();
    }

    private void Kill()
    {
        var copy = _folder.Copy();
        _counts.Keep(_life);
        _life?.Kill();
        _life = null;
        _folder.Close();
        _folder.TakeBack(copy);
    }

    /// <returns>Whether any record was processed.</returns>
    private bool Work()
    {
        Guard(static life =>
        {
            life.BeginWork();
            return true;
        });
        var any = false;
        while (Guard(static life => life.Round()) || TakeMatchingTopics())
        {
            any = true;
        }

        return any;
    }

    /// <summary>
    /// Takes in topics that match a pattern and were not there before, made by a test or by a record that chose its topic: the
    /// thread joins anew, as it does in an application.
    /// </summary>
    private bool TakeMatchingTopics()
    {
        if (!Topics.Plan.SubTopologies.Any(s => s.Patterns.Count > 0))
        {
            return false;
        }

        using var admin = Kafka.CreateAdmin(_options.Application.ApplicationId);
        var seen = new TopicPreparation(Topics.Plan, _options.Application, admin)
            .LookAgainAsync(Topics, withConfigs: false, default).GetAwaiter().GetResult();
        if (seen.IsSameAs(Topics))
        {
            return false;
        }

        Stop(commits: true);
        Begin();
        return true;
    }

    /// <summary>Takes a step; what fails in it is taken back and done again, where a stream thread would do that.</summary>
    private bool Guard(Func<DriverLife, bool> step)
    {
        try
        {
            return step(_life!);
        }
        catch (StreamsException failure)
        {
            if (++_recoveries > MaxRecoveries || !_life!.Recover(failure))
            {
                throw;
            }

            return true;
        }
    }
}
