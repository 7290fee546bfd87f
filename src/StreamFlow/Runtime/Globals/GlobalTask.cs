using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>One global table: its store and processors, over all partitions of its topic. Used by one thread.</summary>
internal sealed class GlobalTask(ThreadServices services, SubTopology subTopology) : IDisposable
{
    private TaskContext? _context;
    private TaskStores? _stores;
    private TaskTopology? _topology;
    private GlobalPositions? _positions;
    private string? _path;

    public TaskId Id { get; } = new(subTopology.Id, 0);

    public SubTopology SubTopology => subTopology;

    /// <summary>The one topic that it reads.</summary>
    public string Topic => subTopology.Sources[0].Name;

    public TaskContext Context => _context ?? throw NotOpen();

    public GlobalPositions Positions => _positions ?? throw NotOpen();

    private StateDirectory? Directory => services.StoreBackend is not null && subTopology.Stores.Any(s => s.IsPersistent)
        ? services.StateDirectory
        : null;

    /// <summary>Opens the store, empty if what it holds is of another topic or another form: it can always be read anew.</summary>
    /// <exception cref="StateStoreException">The folder cannot be used.</exception>
    public void Open()
    {
        if (Directory is { } directory)
        {
            _path = directory.TryTake(Id) ?? throw new StateStoreException($"The folder of {Id} is taken by another task.");
            Label(directory);
        }

        OpenStores();
        var id = services.Topics.Ids.GetValueOrDefault(Topic, string.Empty);
        if (id.Length > 0 && Positions.TopicId.Length > 0 && id != Positions.TopicId)
        {
            Empty($"the topic was made anew (id {Positions.TopicId}, now {id})");
        }

        Positions.SetTopicId(id.Length > 0 ? id : Positions.TopicId);
    }

    /// <summary>Begins anew with nothing.</summary>
    public void Empty(string reason)
    {
        GlobalLog.ReadAnew(services.Logger, subTopology.Stores[0].Name, Topic, reason);
        var topicId = services.Topics.Ids.GetValueOrDefault(Topic, string.Empty);
        CloseStores();
        if (Directory is { } directory)
        {
            directory.Wipe(Id);
            Label(directory);
        }

        OpenStores();
        Positions.SetTopicId(topicId);
    }

    /// <summary>Applies records of one partition.</summary>
    public void Process(TopicPartition partition, RecordBatch records)
    {
        var source = _topology!.SourceOf(Topic);
        for (var i = 0; i < records.Count; i++)
        {
            var record = records.Read(i);
            Context.Record.Set(partition.Topic, partition.Partition, record.Offset, records, i);
            source.Process(in record, records.ReadHeaders(i), record.Timestamp);
            Context.Metrics.Processed();
            Positions.Set(partition.Partition, record.Offset + 1);
        }

        Context.Record.Clear();
    }

    /// <summary>What was applied becomes visible to others, and survives with the positions it corresponds to.</summary>
    public void Commit()
    {
        _stores!.Flush();
        _stores.Apply([]);
        Context.DropLog?.TellRest();
        Context.Metrics.Publish();
    }

    /// <summary>The store is complete: others may read it.</summary>
    public void Show() => _stores!.Complete([]);

    public void Dispose()
    {
        CloseStores();
        _context?.Metrics.Close();
        if (_path is not null)
        {
            Directory?.Release(Id);
            _path = null;
        }
    }

    private void OpenStores()
    {
        _context = new TaskContext
        {
            TaskId = Id,
            ApplicationId = services.Options.ApplicationId,
            Time = services.Time,
            Logger = services.Logger,
            Collector = new RecordCollector(new NoProducer(), new SentResults()),
            Errors = GlobalErrors.Of(services.Options, services.Logger),
            Metrics = new TaskMetrics(services.Meter, Id, services.Time, services.Logger),
            Budget = new CacheBudget(maxCacheBytes: 0, services.Options.MaxUncommittedBytes),
            Views = services.Views,
        };
        _context.Metrics.Counts.State = "global";
        _positions = new GlobalPositions(subTopology.Stores[0].Name + ".positions");
        var positions = new StoreDefinition
        {
            Name = _positions.Name,
            IsPersistent = subTopology.Stores[0].IsPersistent,
            IsLogged = false,
            ChangelogConfigs = new Dictionary<string, string>(),
            Create = _ => _positions,
        };
        _stores = TaskStores.Open([.. subTopology.Stores, positions], _context, (persistent, names) =>
            persistent && _path is not null ? services.StoreBackend!.Open(Id, _path, names) : new InMemoryBackend(names));
        _stores.Show(reads: null);
        _topology = subTopology.Build(_context);
        foreach (var node in _topology.Nodes)
        {
            node.Init(_context);
        }
    }

    private void CloseStores()
    {
        try
        {
            foreach (var node in _topology?.Nodes ?? [])
            {
                node.Close();
            }
        }
        finally
        {
            _topology = null;
            _stores?.Rollback();
            _stores?.Dispose();
            _stores = null;
            _context?.DropLog?.TellRest(all: true);
        }
    }

    /// <summary>Describes what will be in the folder; what is something else goes.</summary>
    private void Label(StateDirectory directory)
    {
        var store = subTopology.Stores[0];
        if (store.Shape is not { } shape)
        {
            return;
        }

        var known = directory.LabelsOf(Id);
        if (known.TryGetValue(store.Name, out var label))
        {
            var change = label.Shape.ChangeTo(shape);
            if (change.Conflicts.Count + change.Local.Count > 0)
            {
                GlobalLog.ReadAnew(services.Logger, store.Name, Topic, string.Join("; ", change.Conflicts.Concat(change.Local)));
                directory.Wipe(Id);
            }
        }

        if (known.Count != 1 || label?.Shape != shape)
        {
            directory.SetLabels(Id, new Dictionary<string, StoreLabel> { [store.Name] = new(null, shape) });
        }
    }

    private InvalidOperationException NotOpen() => new($"The global table of '{Topic}' is not open.");
}
