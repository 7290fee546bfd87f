using System.Buffers.Text;
using StreamFlow.Broker.Configs;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// A data directory: the lock that keeps a second broker out, the cluster's identity, topics with their settings and
/// partitions. Changes are durable before they are answered; look-ups take no lock.
/// </summary>
internal sealed partial class TopicStore : IDisposable
{
    /// <summary>Partitions a topic may have; each holds a file open.</summary>
    public const int MaxPartitionsPerTopic = 10_000;

    private const int ProducerIdBlock = 1_000;

    private readonly Lock _gate = new();
    private readonly StoreOptions _options;
    private readonly FileStream _lockFile;
    private readonly TopicDirectories _directories;
    private readonly LogFlusher? _flusher;
    private readonly MaintenanceLoop _maintenance;
    private readonly RepairLoop _repairs;
    private readonly TopicTable _topics = new();
    private StoreMetadata _metadata;
    private long _nextProducerId;
    private bool _isLoaded;
    private bool _disposed;

    private TopicStore(StoreOptions options, FileStream lockFile, StoreMetadata metadata, bool afterUncleanStop)
    {
        AfterUncleanStop = afterUncleanStop;
        _options = options;
        TopicDefaults = options.TopicDefaults;
        _lockFile = lockFile;
        _metadata = metadata;
        _nextProducerId = metadata.NextProducerId;
        _flusher = options.FlusherThreads == 0 ? null : new LogFlusher(options.FlusherThreads);
        _repairs = new RepairLoop(options, log => PartitionRepaired?.Invoke(log));
        _directories = new TopicDirectories(options, _flusher, _repairs, afterUncleanStop);
        _maintenance = new MaintenanceLoop(options, MaintainByClock);
    }

    /// <summary>A topic was deleted: committed offsets and open transactions of it mean nothing any more.</summary>
    public event Action<Topic>? TopicDeleted;

    /// <summary>
    /// Whether this data directory was not left in order: what the last run took but did not fsync may be lost.
    /// </summary>
    public bool AfterUncleanStop { get; }

    public string ClusterId => _metadata.ClusterId;

    /// <summary>What topics have that do not say otherwise, where that is something else than the default of Kafka's.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults { get; private set; }

    public ICollection<Topic> Topics => _topics.All;

    /// <summary>Another number whenever a topic came, went or grew.</summary>
    public long TopicsVersion => _topics.Version;

    /// <summary>Opens or creates a data directory and every partition in it.</summary>
    /// <exception cref="IOException">The directory is in use by another broker, or unreadable.</exception>
    /// <exception cref="InvalidDataException">The metadata file is damaged or from a newer version.</exception>
    /// <exception cref="ArgumentException">A topic default is no valid setting.</exception>
    public static TopicStore Open(StoreOptions options)
    {
        if (TopicConfigs.Problem(options.TopicDefaults) is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        options = options with { DataDirectory = Path.GetFullPath(options.DataDirectory) };
        var lockFile = DataDirectory.Take(options.DataDirectory);
        try
        {
            var metadata = StoreMetadata.Load(options.DataDirectory);
            var isNew = metadata is null;
            var isClean = CleanStop.Take(options.Files, options.DataDirectory);
            if (metadata is null)
            {
                metadata = new StoreMetadata { ClusterId = Base64Url.EncodeToString(Guid.NewGuid().ToByteArray()) };
                metadata.Save(options.Files, options.DataDirectory);
            }

            var store = new TopicStore(options, lockFile, metadata, afterUncleanStop: !isNew && !isClean);
            try
            {
                store.Load();
                store._isLoaded = true;
                return store;
            }
            catch
            {
                store.Dispose();
                throw;
            }
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    public Topic? GetTopic(string name) => _topics.Find(name);

    public Topic? GetTopic(Guid id) => _topics.Find(id);

    public PartitionLog? GetPartition(string topic, int partition) => GetTopic(topic)?.GetPartition(partition);

    /// <summary>Creates a topic with empty partitions; durable when answered.</summary>
    public TopicResult CreateTopic(
        string name, int partitions, IReadOnlyDictionary<string, string>? configs = null, bool validateOnly = false)
    {
        configs ??= TopicConfigs.EmptyConfigs;
        lock (_gate)
        {
            var refused = NewTopics.Check(name, partitions, configs, _topics.Names);
            refused = refused.IsSuccess && !TopicNames.IsInternal(name) && TooMany(partitions) is { } tooMany ? tooMany : refused;
            if (!refused.IsSuccess || validateOnly)
            {
                return refused;
            }

            var id = Guid.NewGuid();
            return Guarded(() =>
            {
                var logs = _directories.OpenPartitions(id, 0, partitions, OptionsOf(configs));
                var entry = new TopicMetadata(name, id, partitions, new Dictionary<string, string>(configs));
                SaveOrUndo(
                    _metadata with { Topics = [.. _metadata.Topics, entry] }, () => _directories.Remove(id, logs));
                return TopicResult.Ok(Publish(entry, logs));
            });
        }
    }

    /// <summary>Deletes a topic: gone for good once the metadata says so, its files right after.</summary>
    public TopicResult DeleteTopic(string name)
    {
        Topic? topic;
        lock (_gate)
        {
            topic = _topics.Find(name);
            if (topic is null)
            {
                return Unknown(name);
            }

            var result = Guarded(() =>
            {
                Save(_metadata with
                {
                    Topics = [.. _metadata.Topics.Where(entry => entry.Id != topic.Id)],
                    Deleting = [.. _metadata.Deleting, topic.Id],
                });
                return TopicResult.Ok(topic);
            });
            if (!result.IsSuccess)
            {
                return result;
            }

            _topics.Remove(topic);
        }

        TopicDeleted?.Invoke(topic);
        if (_directories.Remove(topic.Id, topic.Partitions))
        {
            // Forgotten in memory only: the next change writes it, and forgetting late costs one more look.
            lock (_gate)
            {
                _metadata = _metadata with { Deleting = [.. _metadata.Deleting.Where(id => id != topic.Id)] };
            }
        }

        return TopicResult.Ok(topic);
    }

    /// <summary>Raises the number of partitions; they are never removed.</summary>
    public TopicResult AddPartitions(string name, int newCount, bool validateOnly = false)
    {
        lock (_gate)
        {
            if (_topics.Find(name) is not { } topic)
            {
                return Unknown(name);
            }

            var current = topic.Partitions.Count;
            if (newCount <= current || newCount > MaxPartitionsPerTopic)
            {
                return TopicResult.Failed(
                    ErrorCode.InvalidPartitions,
                    $"Topic '{name}' has {current} partitions; ask for more than that, up to {MaxPartitionsPerTopic}, "
                    + $"not {newCount}.");
            }

            if (TooMany(newCount - current) is { } tooMany)
            {
                return tooMany;
            }

            return validateOnly ? TopicResult.Ok(topic) : Guarded(() =>
            {
                var added = _directories.OpenPartitions(topic.Id, current, newCount - current, OptionsOf(topic.Configs));
                SaveOrUndo(
                    With(topic.Id, entry => entry with { Partitions = newCount }),
                    () => _directories.RemovePartitions(added));
                _topics.Grow(topic, added);
                return TopicResult.Ok(topic);
            });
        }
    }

    /// <summary>Why so many partitions cannot be added to those that there are; null when they can.</summary>
    private TopicResult? TooMany(int added)
    {
        if (_topics.PartitionCount + added <= _options.MaxPartitions)
        {
            return null;
        }

        CapLog.Reached(_options.Log, "partitions", _options.MaxPartitions, "MaxPartitions");
        return TopicResult.Failed(
            ErrorCode.PolicyViolation,
            $"There are {_topics.PartitionCount} partitions, and this asks for {added} more; the broker takes {_options.MaxPartitions} "
            + "(MaxPartitions). Delete topics, or raise the limit.");
    }

    private static TopicResult Unknown(string name) =>
        TopicResult.Failed(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{name}'.");

    private void Load()
    {
        _directories.RemoveDeleted(_metadata.Deleting);
        _directories.MoveOrphansAside(_metadata.Topics);
        foreach (var entry in _metadata.Topics)
        {
            Publish(entry, _directories.OpenPartitions(entry.Id, 0, entry.Partitions, OptionsOf(entry.Configs)));
        }

        _metadata = _metadata with { Deleting = [] };
        _retainedAt = _options.Time.GetTimestamp();
        _maintenance.Start();
    }

    private Topic Publish(TopicMetadata entry, PartitionLog[] logs)
    {
        var topic = new Topic(entry.Name, entry.Id, entry.Configs, logs);
        _topics.Add(topic);
        return topic;
    }

    private StoreMetadata With(Guid id, Func<TopicMetadata, TopicMetadata> change) =>
        _metadata with { Topics = [.. _metadata.Topics.Select(entry => entry.Id == id ? change(entry) : entry)] };

    private void Save(StoreMetadata metadata)
    {
        metadata.Save(_options.Files, _options.DataDirectory);
        _metadata = metadata;
    }

    private void SaveOrUndo(StoreMetadata metadata, Action undo)
    {
        try
        {
            Save(metadata);
        }
        catch
        {
            undo();
            throw;
        }
    }

    private TopicResult Guarded(Func<TopicResult> change)
    {
        try
        {
            return change();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.ChangeFailed(_options.Log, e.Message);
            return TopicResult.Failed(
                ErrorCode.KafkaStorageError, $"The change could not be written to disk: {e.Message}");
        }
    }
}
