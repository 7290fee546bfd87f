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

    // Topics are changed one after the other, by the thread of the broker's administration. Nothing that serves records or
    // groups takes this lock: it is held while files are made.
    private readonly OrderedLock _gate = new(LockRank.TopicChanges);
    private readonly MetadataFile _metadata;
    private readonly ProducerIds _producerIds;
    private readonly StoreOptions _options;
    private readonly FileStream _lockFile;
    private readonly TopicDirectories _directories;
    private readonly LogFlusher? _flusher;
    private readonly MaintenanceLoop _care;
    private readonly MaintenanceLoop _compaction;
    private readonly RepairLoop _repairs;
    private readonly TopicTable _topics = new();
    private bool _isLoaded;
    private int _disposed;

    private TopicStore(StoreOptions options, FileStream lockFile, MetadataFile metadata, bool afterUncleanStop)
    {
        AfterUncleanStop = afterUncleanStop;
        _options = options;
        TopicDefaults = options.TopicDefaults;
        _lockFile = lockFile;
        _metadata = metadata;
        _producerIds = new ProducerIds(metadata);
        _flusher = options.FlusherThreads == 0 ? null : new LogFlusher(options.FlusherThreads);
        _repairs = new RepairLoop(options, log => PartitionRepaired?.Invoke(log));
        _directories = new TopicDirectories(options, _flusher, _repairs, afterUncleanStop);
        _care = new MaintenanceLoop(options, "log-care", CareByClock);
        _compaction = new MaintenanceLoop(options, "log-compaction", CompactAll);
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
            var metadata = MetadataFile.Load(options);
            var isNew = metadata is null;
            var isClean = CleanStop.Take(options.Files, options.DataDirectory);
            metadata ??= MetadataFile.Create(options, Base64Url.EncodeToString(Guid.NewGuid().ToByteArray()));
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
        using (_gate.Enter())
        {
            var refused = NewTopics.Check(name, partitions, configs, _topics);
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
                SaveOrUndo(new MetadataChange { Topics = [entry] }, () => _directories.Remove(logs));
                return TopicResult.Ok(Publish(entry, logs));
            });
        }
    }

    /// <summary>Deletes a topic: gone for good once the metadata says so, its files right after.</summary>
    public TopicResult DeleteTopic(string name)
    {
        Topic? topic;
        using (_gate.Enter())
        {
            topic = _topics.Find(name);
            if (topic is null)
            {
                return Unknown(name);
            }

            var result = Guarded(() =>
            {
                _metadata.Apply(new MetadataChange { Deleted = [topic.Id] });
                return TopicResult.Ok(topic);
            });
            if (!result.IsSuccess)
            {
                return result;
            }

            _topics.Remove(topic);
        }

        TopicDeleted?.Invoke(topic);
        if (_directories.Remove(topic.Partitions))
        {
            _metadata.Forget(topic.Id);
        }

        return TopicResult.Ok(topic);
    }

    /// <summary>Raises the number of partitions; they are never removed.</summary>
    public TopicResult AddPartitions(string name, int newCount, bool validateOnly = false)
    {
        using (_gate.Enter())
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
                    new MetadataChange { Topics = [Entry(topic) with { Partitions = newCount }] }, () => _directories.Remove(added));
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
        TopicResult.Failed(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{ConfigChecks.Shown(name)}'.");

    private void Load()
    {
        var metadata = _metadata.Current;
        _directories.RemoveDeleted(metadata.Deleting);
        _directories.MoveOrphansAside(metadata.Topics);
        foreach (var entry in metadata.Topics)
        {
            Publish(entry, _directories.OpenPartitions(entry.Id, 0, entry.Partitions, OptionsOf(entry.Configs), wereCreated: true));
        }

        foreach (var deleted in metadata.Deleting)
        {
            _metadata.Forget(deleted);
        }

        _retainedAt = _options.Time.GetTimestamp();
        _care.Start();
        _compaction.Start();
    }

    private Topic Publish(TopicMetadata entry, PartitionLog[] logs)
    {
        var topic = new Topic(entry.Name, entry.Id, entry.Configs, logs);
        _topics.Add(topic);
        return topic;
    }

    private static TopicMetadata Entry(Topic topic) => new(topic.Name, topic.Id, topic.Partitions.Count, topic.Configs);

    private void SaveOrUndo(MetadataChange change, Action undo)
    {
        try
        {
            _metadata.Apply(change);
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
