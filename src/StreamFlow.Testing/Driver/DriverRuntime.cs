using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Testing.Driver;

/// <summary>
/// The tasks of a topology over an in-memory cluster, run on the caller's thread: the production tasks, topic
/// preparation and committer, with one loop in place of the stream threads.
/// </summary>
internal sealed class DriverRuntime : IDisposable
{
    private readonly IKafkaConsumer _consumer;
    private readonly AtLeastOnceCommit _protocol;
    private readonly StateDirectory? _stateDirectory;
    private readonly string? _temporaryFolder;
    private readonly StreamTaskFactory _factory;
    private readonly Committer _committer;
    private readonly GlobalCopy _globals;
    private readonly List<StreamTask> _tasks = [];

    public DriverRuntime(Topology topology, TopologyTestDriverOptions options)
    {
        var application = options.Application;
        Time = new VirtualTime(options.StartTime);
        Kafka = new InMemoryKafka(new InMemoryKafkaOptions { Time = Time, AutoCreateTopics = true });
        CreateTopics(topology.Plan, options);
        using var admin = Kafka.CreateAdmin(application.ApplicationId);
        Topics = Prepare(topology.Plan, application, admin);
        if (options.StoreBackend is not null)
        {
            _temporaryFolder = Directory.CreateTempSubdirectory("streamflow-driver-").FullName;
            _stateDirectory = StateDirectory.Open(_temporaryFolder, application.ApplicationId);
        }

        var services = new ThreadServices
        {
            Options = application,
            Topics = Topics,
            Clients = Kafka,
            StateDirectory = _stateDirectory,
            StoreBackend = options.StoreBackend,
            Time = Time,
            Logger = options.Logger ?? NullLogger.Instance,
        };
        _globals = OpenGlobals(services);
        _consumer = Kafka.CreateConsumer(
            new ConsumerRole("driver-consumer", application.ApplicationId, null, ReadCommitted: false, "earliest"));
        var budget = new CacheBudget(services.CacheBytesPerThread, application.MaxUncommittedBytes);
        _protocol = new AtLeastOnceCommit(
            services, "driver", _consumer,
            Kafka.CreateProducer(new ProducerRole("driver-producer", null, TimeSpan.FromMinutes(1))));
        _factory = new StreamTaskFactory(services, _protocol, budget);
        _committer = new Committer(services, "driver", _protocol, new FlushLimit(budget, services.Time, target: null));
        RunTasks();
    }

    public VirtualTime Time { get; }

    public InMemoryKafka Kafka { get; }

    public ResolvedTopics Topics { get; }

    public IReadOnlyList<StreamTask> Tasks => _tasks;

    /// <summary>What counts and has stores: the tasks, and the global tables.</summary>
    public IEnumerable<(SubTopology SubTopology, TaskContext Context)> Parts =>
        _tasks.Select(task => (task.SubTopology, task.Context)).Concat(_globals.Tasks.Select(task => (task.SubTopology, task.Context)));

    /// <summary>
    /// Does what the wall clock asks for, then goes round the tasks, one record each, until none has any work left. What
    /// stream time asks for and a commit follow each record, so records sent to repartition topics come back in.
    /// </summary>
    public void Complete()
    {
        TakeGlobals();
        foreach (var task in _tasks)
        {
            task.RunDue();
        }

        Commit();
        bool any;
        do
        {
            any = false;
            foreach (var task in _tasks)
            {
                if (task.Process(1) > 0)
                {
                    any = true;
                    task.RunDue();
                    Commit();
                    TakeGlobals();
                }
            }
        }
        while (any);
    }

    public void Dispose()
    {
        foreach (var task in _tasks)
        {
            _factory.Close(task);
        }

        _tasks.Clear();
        _globals.Dispose();
        _consumer.Dispose();
        _protocol.Dispose();
        _stateDirectory?.Dispose();
        if (_temporaryFolder is not null)
        {
            Directory.Delete(_temporaryFolder, recursive: true);
        }
    }

    private static GlobalCopy OpenGlobals(ThreadServices services)
    {
        var globals = new GlobalCopy(services);
        if (globals.Tasks.Count > 0)
        {
            globals.Open();
            globals.Show();
        }

        return globals;
    }

    /// <summary>Global tables are current before the next record looks rows up, also those that the topology itself writes to.</summary>
    private void TakeGlobals()
    {
        while (_globals.Tasks.Count > 0 && _globals.Turn(TimeSpan.Zero) > 0)
        {
        }
    }

    private void Commit()
    {
        _committer.Poll();
        _committer.Commit(_tasks);
    }

    /// <summary>
    /// The in-memory admin answers at once, so nothing is waited for. What the topology does not name, a dead letter topic, is
    /// made by the first record for it.
    /// </summary>
    private static ResolvedTopics Prepare(TopologyPlan plan, StreamFlowOptions application, IKafkaAdmin admin) =>
        new TopicPreparation(plan, application with { MissingOutputTopics = MissingTopicResponse.Continue }, admin)
            .RunAsync(default).GetAwaiter().GetResult();

    private void CreateTopics(TopologyPlan plan, TopologyTestDriverOptions options)
    {
        var named = plan.SubTopologies.Concat(plan.Globals).SelectMany(s => s.Sources.Where(t => !t.IsInternal).Select(t => t.Name))
            .Concat(plan.SubTopologies.SelectMany(s => s.SinkTopics))
            .ToHashSet(StringComparer.Ordinal);
        var mayBeChosen = plan.SubTopologies.Any(s => s.HasChosenTopics);
        foreach (var topic in named.Concat(options.Partitions.Keys.Where(topic => !named.Contains(topic))))
        {
            if (!mayBeChosen && !named.Contains(topic) && topic != options.Application.DeadLetterTopic)
            {
                throw new ArgumentException(
                    $"Partitions names the topic '{topic}', which the topology neither reads nor writes; "
                    + $"it has {string.Join(", ", named.Order(StringComparer.Ordinal).Select(t => $"'{t}'"))}.",
                    nameof(options));
            }

            var count = options.Partitions.GetValueOrDefault(topic, 1);
            if (count < 1)
            {
                throw new ArgumentException(
                    $"Partitions of topic '{topic}' is {count}; set it to 1 or more.", nameof(options));
            }

            Kafka.CreateTopic(topic, count);
        }
    }

    private void RunTasks()
    {
        foreach (var leader in Topics.LeaderTopics)
        {
            for (var partition = 0; partition < Topics.TaskCount(Topics.SubTopologyOf(leader)); partition++)
            {
                _tasks.Add(_factory.Create(leader, partition));
            }
        }

        _tasks.Sort((a, b) => a.Id.CompareTo(b.Id));
        var inputs = _tasks.ConvertAll(task => Topics.InputsOf(task.SubTopology, task.Id.Partition));
        _consumer.Assign(
            [.. inputs.SelectMany(i => i).Select(i => new PartitionOffset(i.Partition, PartitionOffset.Beginning))]);
        _consumer.Poll(TimeSpan.Zero);
        for (var i = 0; i < _tasks.Count; i++)
        {
            if (!_factory.TryOpenStores(_tasks[i]))
            {
                throw new StreamsException($"The folder of task {_tasks[i].Id} is taken by another task.");
            }

            // The changelogs are as new and empty as the stores: there is nothing to restore.
            _tasks[i].Run([.. inputs[i].Select(input => new TaskInput(
                input.Topic.Name, _consumer.Reader(input.Partition), new PartitionOffset(input.Partition, -1)))]);
        }
    }
}
