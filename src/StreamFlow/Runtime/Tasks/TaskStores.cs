using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// The stores of one task and the backends below them. A commit goes: <see cref="Flush"/>, acknowledgement (or
/// transaction), <see cref="Apply"/>; an abort is <see cref="Rollback"/>. So a backend never holds uncommitted data, and
/// each batch carries the changelog offset it corresponds to.
/// </summary>
internal sealed class TaskStores : IDisposable
{
    /// <summary>Each round writes to stores further down; more of them are a circle.</summary>
    private const int MaxFlushRounds = 1000;
    private readonly List<TaskStore> _stores = [];
    private readonly List<BackendSlot> _backends = [];
    private readonly TaskContext _context;
    private readonly List<(TaskStore Store, StoreView View)> _views = [];

    private TaskStores(TaskContext context) => _context = context;

    public IReadOnlyList<TaskStore> All => _stores;

    /// <summary>Whether any store can be restored from a topic.</summary>
    public bool AnyRestorable => _stores.Exists(s => s.RestoredFrom is not null);

    /// <summary>Opens the stores of a task: one persistent backend, one in memory, as the definitions ask.</summary>
    /// <param name="definitions">The stores, in topological order.</param>
    /// <param name="context">The task's context; gets the stores.</param>
    /// <param name="openBackend">Opens a backend for persistent (true) or in-memory (false) stores of these names.</param>
    public static TaskStores Open(
        IReadOnlyList<StoreDefinition> definitions,
        TaskContext context,
        Func<bool, IReadOnlyList<string>, IStoreBackend> openBackend)
    {
        var result = new TaskStores(context);
        try
        {
            foreach (var persistent in new[] { true, false })
            {
                var names = definitions.Where(d => d.IsPersistent == persistent).Select(d => d.Name).ToList();
                if (names.Count > 0)
                {
                    result._backends.Add(new BackendSlot(openBackend(persistent, names), names));
                }
            }

            foreach (var definition in definitions)
            {
                result._stores.Add(result.OpenStore(definition));
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The stores are open: other threads may read their committed state, as far as it is restored.</summary>
    /// <param name="reads">What answers on the task's thread; null where nothing does.</param>
    public void Show(LatestReads? reads)
    {
        foreach (var store in _stores)
        {
            var identity = new StoreIdentity(store.Store.Name, _context.TaskId, store.Slot.Backend.Stores[store.Index]);
            if (store.Store.View(identity) is { } view)
            {
                view.Live = reads is null ? null : new LiveStore(store.Store, view, reads);
                _views.Add((store, view));
                _context.Views.Add(view);
            }
        }
    }

    /// <summary>The stores are complete.</summary>
    /// <param name="inputs">The input positions that they correspond to, as far as the task knows.</param>
    public void Complete(IReadOnlyList<PartitionOffset> inputs)
    {
        foreach (var store in _stores)
        {
            store.Store.Restored();
        }

        foreach (var (store, view) in _views)
        {
            view.Position.Set(store.ChangelogOffset, inputs);
            view.IsComplete = true;
        }
    }

    /// <summary>
    /// Serializes, logs, stages and forwards what is dirty, in topological order, until nothing is: what a store forwards may
    /// write to one whose turn is over.
    /// </summary>
    public void Flush()
    {
        for (var round = 0; round < MaxFlushRounds; round++)
        {
            foreach (var store in _stores)
            {
                if (round == 0 || store.Store.IsDirty)
                {
                    store.Store.Flush();
                }
            }

            if (!_stores.Exists(s => s.Store.IsDirty))
            {
                return;
            }
        }

        throw new StreamsException(
            $"The stores {string.Join(", ", _stores.Where(s => s.Store.IsDirty).Select(s => $"'{s.Store.Name}'"))} are written anew "
            + "each time they are flushed: their operators feed each other in a circle. Let one of them stop.");
    }

    /// <summary>Applies the staged changes with the changelog offsets they were acknowledged at.</summary>
    /// <param name="inputs">The input positions that the stores correspond to then; a store restored from an input stands at its one.</param>
    public void Apply(IReadOnlyList<PartitionOffset> inputs)
    {
        foreach (var backend in _backends)
        {
            if (backend.Batch.Count == 0)
            {
                continue;
            }

            foreach (var store in _stores)
            {
                if (store.Slot == backend && store.TakeOffset(inputs) is { } next)
                {
                    backend.Batch.SetChangelogOffset(store.Index, next);
                    store.Store.Logged(next, backend.Batch);
                }
            }

            backend.Batch.Sort();
            backend.Backend.Write(backend.Batch);
            backend.Batch.Clear();
        }

        foreach (var store in _stores)
        {
            store.Store.Committed();
        }

        foreach (var (store, view) in _views)
        {
            view.Position.Set(store.ChangelogOffset, inputs);
        }
    }

    /// <summary>Drops what is not committed.</summary>
    public void Rollback()
    {
        foreach (var backend in _backends)
        {
            backend.Batch.Clear();
        }

        foreach (var store in _stores)
        {
            store.Store.Rollback();
            store.Changelog?.Rollback();
        }
    }

    public void Dispose()
    {
        foreach (var (_, view) in _views)
        {
            _context.Views.Remove(view);
        }

        _views.Clear();
        _context.Metrics.CloseStores();
        foreach (var store in _stores)
        {
            store.Store.Close();
        }

        // A backend that cannot write what it still holds must not keep the others open.
        Exception? failure = null;
        foreach (var backend in _backends)
        {
            try
            {
                backend.Backend.Dispose();
            }
            catch (Exception exception) when (exception is StreamsException or IOException)
            {
                failure ??= exception;
            }
        }

        _backends.Clear();
        if (failure is not null)
        {
            throw StateCommit.AsStoreFailure(failure);
        }
    }

    private TaskStore OpenStore(StoreDefinition definition)
    {
        var context = _context;
        var slot = _backends.Find(b => b.Backend.Stores.Any(s => s.Name == definition.Name))
            ?? throw new StateStoreException($"The backend of task {context.TaskId} did not open store '{definition.Name}'.");
        var index = slot.Names.IndexOf(definition.Name);
        var topic = InternalTopics.NameOf(context.ApplicationId, definition.ChangelogTopic);
        var changelog = definition.IsLogged
            ? new TaskChangelog(context, definition.Name, new TopicPartition(topic, context.TaskId.Partition))
            : null;
        var store = definition.Create(topic);
        store.Open(new StateStoreContext
        {
            Bytes = slot.Backend.Stores[index],
            Index = index,
            Batch = slot.Batch,
            Changelog = changelog,
            Budget = context.Budget,
            Origins = context.Record,
            Counts = context.Metrics.Store(definition.Name, slot.Backend.Stores[index]),
            Unwritable = exception => context.Errors.HandleRow(context, store.Name, exception),
            Dropped = _ => context.Drop(DropReason.Expired, definition.Name, new DropTimes(-1)),
            Expired = (expiry, time) => context.Drop(
                DropReason.Expired,
                definition.Name,
                new DropTimes(time) { StreamTime = expiry.StreamTime, RetentionMs = expiry.RetentionMs }),
        });
        context.AddStore(store);
        return new TaskStore(store, index, slot, changelog)
        {
            Source = definition.Source,
            SourcePartition = new TopicPartition(definition.Source?.Topic ?? string.Empty, context.TaskId.Partition),
            RowsOf = definition.RowsOf is { } input ? new TopicPartition(input, context.TaskId.Partition) : null,
            MayPurge = changelog is not null && InternalTopics.MayDelete(definition.ChangelogConfigs),
        };
    }
}

/// <summary>The changelog partition of one store, written through the thread's producer.</summary>
internal sealed class TaskChangelog : ChangelogWriter
{
    private readonly TaskContext _task;
    private readonly string _store;
    private ProducerTopic? _topic;
    private bool _written;

    public TaskChangelog(TaskContext task, string store, TopicPartition topic)
    {
        _task = task;
        _store = store;
        Topic = topic;
    }

    public TopicPartition Topic { get; }

    public override void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestamp, Headers? headers)
    {
        _topic ??= _task.Collector.Topic(Topic.Topic);
        var record = new ByteRecord { Key = key, HasKey = true, Value = value, HasValue = hasValue, Timestamp = timestamp };
        _task.Collector.Send(_task, _store, _topic, Topic.Partition, in record, headers);
        _written = true;
    }

    /// <summary>What was appended since the last commit was aborted.</summary>
    public void Rollback() => _written = false;

    /// <summary>
    /// The offset after the last acknowledged record, when anything was appended since the last call; null otherwise.
    /// Called only when everything appended is acknowledged.
    /// </summary>
    public long? TakeDelivered()
    {
        if (!_written)
        {
            return null;
        }

        _written = false;
        var last = _topic!.LastDeliveredOffset(Topic.Partition);
        return last >= 0 ? last + 1 : null;
    }
}
