using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>
/// The tasks of a topology on the caller's thread, without broker and network: records are made as they are read, results are
/// counted, internal topics lead straight back. One partition, stores in memory with changelogs, a commit after each turn.
/// </summary>
internal sealed class OperatorRun : IDisposable
{
    /// <summary>Input records of a turn.</summary>
    public const int RecordsPerTurn = 16_384;

    private const int RunRecords = 128;
    private readonly InMemoryKafka _kafka = new(new InMemoryKafkaOptions { AutoCreateTopics = true });
    private readonly LoopProducer _producer = new();
    private readonly List<GeneratedReader> _feeds = [];
    private readonly List<StreamTask> _tasks = [];
    private readonly IKafkaConsumer _consumer;
    private readonly AtLeastOnceCommit _protocol;
    private readonly StreamTaskFactory _factory;
    private readonly Committer _committer;
    private readonly CacheBudget _budget;
    private readonly GlobalCopy _globals;

    /// <param name="operatorCase">What is run.</param>
    /// <param name="level">How much is measured.</param>
    /// <param name="applicationId">The application's id.</param>
    public OperatorRun(OperatorCase operatorCase, MetricsLevel level = MetricsLevel.Info, string applicationId = "operators")
    {
        var builder = new StreamsBuilder();
        operatorCase.Describe(builder);
        var topology = builder.Build();
        var options = new StreamFlowOptions
        {
            ApplicationId = applicationId,
            CacheMaxBytes = operatorCase.CacheBytes,
            MissingOutputTopics = MissingTopicResponse.Create,
            MetricsLevel = level,
        };
        foreach (var topic in topology.Plan.SubTopologies.Concat(topology.Plan.Globals)
            .SelectMany(s => s.Sources).Where(s => !s.IsInternal).Select(s => s.Name).Distinct(StringComparer.Ordinal))
        {
            _kafka.CreateTopic(topic, 1);
        }

        using var admin = _kafka.CreateAdmin(options.ApplicationId);
        var services = new ThreadServices
        {
            Options = options,

            // The in-memory admin answers at once, so nothing is waited for here.
            Topics = new TopicPreparation(topology.Plan, options, admin).RunAsync(default).GetAwaiter().GetResult(),
            Clients = _kafka,
            StateDirectory = null,
            StoreBackend = null,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
        _globals = FillGlobals(services);
        _budget = new CacheBudget(services.CacheBytesPerThread, options.MaxUncommittedBytes);
        _consumer = _kafka.CreateConsumer(new ConsumerRole("operators-consumer", options.ApplicationId, null, ReadCommitted: false, "earliest"));
        _protocol = new AtLeastOnceCommit(services, "operators", _consumer, _producer);
        _factory = new StreamTaskFactory(services, _protocol, _budget);
        _committer = new Committer(services, "operators", _protocol, new FlushLimit(_budget, services.Time, target: null));
        RunTasks(services.Topics, operatorCase);
    }

    /// <summary>Results, updates of changelogs and records repartitioned so far.</summary>
    public (long Results, long Changes, long Repartitioned) Produced => (_producer.Results, _producer.Changes, _producer.Repartitioned);

    /// <summary>Records left out, but for answers of a foreign key that a newer row has overtaken: keys come again within a run.</summary>
    public long Dropped => _tasks.Sum(task => task.Context.Metrics.DroppedRecords
        .Where(dropped => dropped.Key.Reason != DropReason.Outdated).Sum(dropped => dropped.Value));

    /// <summary>Takes so many records through everything, and commits.</summary>
    public void Turn()
    {
        foreach (var feed in _feeds)
        {
            feed.Add(RecordsPerTurn / _feeds.Count);
        }

        Drain();
    }

    public void Dispose()
    {
        foreach (var task in _tasks)
        {
            _factory.Close(task);
        }

        _globals.Dispose();
        _consumer.Dispose();
        _protocol.Dispose();
    }

    private void Drain()
    {
        bool any;
        do
        {
            any = false;
            foreach (var task in _tasks)
            {
                if (task.Process(RunRecords) > 0)
                {
                    any = true;
                    task.TellPace(1, TimeProvider.System.GetTimestamp());
                    task.RunDue();
                    if (_budget.CommitDue)
                    {
                        _committer.Commit(_tasks);
                    }
                }
            }
        }
        while (any);
        _committer.Commit(_tasks);
    }

    private GlobalCopy FillGlobals(ThreadServices services)
    {
        var globals = new GlobalCopy(services);
        if (globals.Tasks.Count == 0)
        {
            return globals;
        }

        foreach (var topic in globals.Tasks.Select(task => task.Topic))
        {
            for (var i = 0L; i < GeneratedReader.Keys; i++)
            {
                var bytes = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64BigEndian(bytes, i);
                _kafka.Append(new TopicPartition(topic, 0), bytes, bytes, GeneratedReader.FirstTimestamp, null);
            }
        }

        globals.Open();
        while (!globals.IsComplete)
        {
            globals.Turn(TimeSpan.Zero);
        }

        globals.Show();
        return globals;
    }

    private void RunTasks(ResolvedTopics topics, OperatorCase operatorCase)
    {
        foreach (var leader in topics.LeaderTopics)
        {
            _tasks.Add(_factory.Create(leader, 0));
        }

        _consumer.Assign([.. _tasks.SelectMany(task => task.Inputs)
            .Select(input => new PartitionOffset(input.Partition, PartitionOffset.Beginning))]);
        var rows = new List<GeneratedReader>();
        foreach (var task in _tasks)
        {
            if (!_factory.TryOpenStores(task))
            {
                throw new InvalidOperationException($"The stores of task {task.Id} did not open.");
            }

            task.Run([.. task.Inputs.Select(input => new TaskInput(
                input.Topic.Name, Reader(input.Topic.IsInternal, input.Partition, rows, operatorCase), new PartitionOffset(input.Partition, -1)))]);
        }

        // Rows that are only looked up are there before, each key with all but certainty.
        rows.ForEach(reader => reader.Add(GeneratedReader.Keys * 20));
        Drain();
    }

    private PartitionReader Reader(
        bool isInternal, TopicPartition partition, List<GeneratedReader> rows, OperatorCase operatorCase)
    {
        if (isInternal)
        {
            return _producer.ReaderOf(partition);
        }

        var reader = new GeneratedReader(partition.Topic, operatorCase.Feeds.Count);
        (operatorCase.Feeds.Contains(partition.Topic) ? _feeds : rows).Add(reader);
        return reader;
    }
}
