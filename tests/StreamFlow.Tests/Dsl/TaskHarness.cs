using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// Runs a topology without threads: one task per sub-topology, a commit after each record, and records of topics that the
/// topology reads are read back at once.
/// </summary>
internal sealed class TaskHarness
{
    private readonly Dictionary<string, (TaskContext Task, SourceProcessor Source)> _sources = [];
    private readonly Dictionary<string, long> _offsets = [];
    private readonly Dictionary<string, long> _partitionTimes = [];
    private readonly List<TaskContext> _tasks = [];
    private readonly List<TaskStores> _stores = [];
    private readonly List<ProducedRecord> _written = [];

    public TaskHarness(
        Topology topology, ErrorHandler? handler = null, int partitionCount = 1, bool keep = true, long cacheBytes = 0,
        Dictionary<string, InMemoryBackend>? backends = null, ILogger? logger = null,
        IReadOnlyList<ProducedRecord>? changelogs = null)
    {
        backends ??= [];
        Producer = new FakeProducer(partitionCount, keep);
        handler ??= static (in ErrorContext _) => ErrorResponse.Fail;
        foreach (var sub in topology.Plan.SubTopologies)
        {
            var task = new TaskContext
            {
                TaskId = new TaskId(sub.Id, 0),
                ApplicationId = "app",
                Time = TimeProvider.System,
                Logger = logger ?? NullLogger.Instance,
                Collector = new RecordCollector(Producer, new SentResults()),
                Errors = new ErrorPolicy(handler, handler, handler, deadLetterTopic: "dead"),
                Metrics = new TaskMetrics(Unheard.Meter(), new TaskId(sub.Id, 0)),
                Budget = new CacheBudget(cacheBytes, long.MaxValue),
            };
            var stores = TaskStores.Open(sub.Stores, task, (_, names) =>
            {
                var id = string.Join(',', names);
                return backends.TryGetValue(id, out var kept) ? kept : backends[id] = new InMemoryBackend(names);
            });
            foreach (var store in stores.All)
            {
                Restore(store, changelogs ?? []);
                store.Store.Restored();
            }

            _stores.Add(stores);
            var linked = sub.Build(task);
            foreach (var node in linked.Nodes)
            {
                node.Init(task);
            }

            foreach (var source in sub.Sources)
            {
                var topic = source.IsInternal ? InternalTopics.NameOf("app", source.Name) : source.Name;
                _sources.Add(topic, (task, linked.SourceOf(source.Name)));
            }

            _tasks.Add(task);
        }
    }

    public FakeProducer Producer { get; }

    public SourceProcessor Source(string topic) => _sources[topic].Source;

    public long Dropped => _tasks.Sum(task => task.Metrics.DroppedTotal);

    public long DroppedBy(DropReason reason) => _tasks.Sum(task => task.Metrics.DroppedBy(reason));

    /// <summary>Pipes text in; null is a missing key or a tombstone.</summary>
    public void Pipe(string topic, string? key, string? value, long timestamp, Headers? headers = null) =>
        Pipe(topic, Bytes(key), Bytes(value), timestamp, headers);

    public void Pipe(string topic, byte[]? key, byte[]? value, long timestamp, Headers? headers = null)
    {
        Process(topic, key, value, timestamp, headers);
        Commit();
        ReadBack();
    }

    /// <summary>Processes a record and commits nothing.</summary>
    public void Process(string topic, byte[]? key, byte[]? value, long timestamp, Headers? headers = null)
    {
        var (task, source) = _sources[topic];
        var offset = _offsets.GetValueOrDefault(topic);
        _offsets[topic] = offset + 1;
        var record = new ByteRecord
        {
            Key = key,
            Value = value,
            HasKey = key is not null,
            HasValue = value is not null,
            Timestamp = timestamp,
            Offset = offset,
        };
        var partitionTime = _partitionTimes.GetValueOrDefault(topic, -1);
        if (source.ReadsTimestampFromRecord)
        {
            source.TryExtractTimestamp(in record, headers, partitionTime, out timestamp);
            if (timestamp < 0)
            {
                task.Metrics.Dropped(DropReason.InvalidTimestamp, source.Name);
                return;
            }
        }

        _partitionTimes[topic] = Math.Max(partitionTime, timestamp);
        source.Process(in record, headers, timestamp);
    }

    /// <summary>Commits as the runtime does.</summary>
    public void Commit()
    {
        foreach (var stores in _stores)
        {
            stores.Flush();
            stores.Apply([]);
        }
    }

    /// <summary>Names of all topics written so far.</summary>
    public SortedSet<string> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>What was written to a topic since the last call.</summary>
    public IReadOnlyList<ProducedRecord> Take(string topic)
    {
        var taken = _written.FindAll(record => record.Topic == topic);
        _written.RemoveAll(record => record.Topic == topic);
        return taken;
    }

    /// <summary>What was written to a topic since the last call, as text <c>key=value@timestamp</c>.</summary>
    public string Read(string topic)
    {
        var text = new StringBuilder();
        foreach (var record in Take(topic))
        {
            text.Append(text.Length > 0 ? " " : string.Empty)
                .Append(Text(record.Key)).Append('=').Append(Text(record.Value)).Append('@').Append(record.Timestamp);
            foreach (var header in record.Headers ?? Headers.Empty)
            {
                text.Append('{').Append(header.Key).Append('=').Append(Text(header.Value)).Append('}');
            }
        }

        return text.Length == 0 ? "-" : text.ToString();
    }

    /// <summary>Reads back what was produced.</summary>
    public void ReadBack()
    {
        while (Producer.Records.TryDequeue(out var record))
        {
            _written.Add(record);
            Topics.Add(record.Topic);
            if (_sources.ContainsKey(record.Topic))
            {
                Pipe(record.Topic, record.Key, record.Value, record.Timestamp, record.Headers);
            }
        }
    }

    /// <summary>Fills a store from its changelog, for a machine that has none of its bytes.</summary>
    private static void Restore(TaskStore store, IReadOnlyList<ProducedRecord> changelogs)
    {
        var records = changelogs.Where(record => record.Topic == $"app-{store.Store.Name}-changelog").ToList();
        for (var i = 0; i < records.Count; i++)
        {
            var record = new ByteRecord
            {
                Key = records[i].Key,
                HasKey = true,
                Value = records[i].Value,
                HasValue = records[i].Value is not null,
                Timestamp = records[i].Timestamp,
                Offset = i,
            };
            store.Store.Restore(in record, records[i].Headers, store.Slot.Batch);
        }

        if (records.Count > 0)
        {
            store.Slot.Batch.Sort();
            store.Slot.Backend.Write(store.Slot.Batch);
            store.Slot.Batch.Clear();
        }
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static string Text(byte[]? bytes) => bytes is null ? "null" : Encoding.UTF8.GetString(bytes);
}
