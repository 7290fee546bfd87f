using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The directories of partitions, named by topic id rather than name: safe on file systems that ignore case, and a
/// topic created anew never meets its predecessor's files.
/// </summary>
internal sealed class TopicDirectories(
    StoreOptions options, LogFlusher? flusher, RepairLoop repairs, bool afterUncleanStop)
{
    public const int OpenParallelism = 4;
    private const string DeletedSuffix = ".deleted";
    private const string OrphanDirectory = "orphaned";

    private readonly ProducerQuota _producers = new(options.MaxProducerIds);
    private readonly IndexCache _indexes = new(options.IndexCacheBytes);
    private readonly string _root = Path.Combine(options.DataDirectory, "topics");

    /// <summary>Opens or creates consecutive partitions; all or none.</summary>
    /// <param name="topicId">Their topic.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="logOptions">The settings of the topic.</param>
    /// <param name="wereCreated">Whether their files must be there.</param>
    public PartitionLog[] OpenPartitions(
        Guid topicId, int first, int count, LogOptions logOptions, bool wereCreated = false)
    {
        Directory.CreateDirectory(_root);
        var logs = new PartitionLog[count];
        var environment = new LogEnvironment
        {
            Time = options.Time, Files = options.Files, Flusher = flusher, Log = options.Log,
            OnTrouble = repairs.Add, RetainsByArrival = options.RetainsByArrival,
            OnFlushed = options.OnFlushed,
            Producers = _producers,
            ProducerIdExpirationMs = options.ProducerIdExpirationMs,
            Indexes = _indexes,
            VerifyAll = options.VerifyAll,
            AfterUncleanStop = afterUncleanStop,
            WasCreated = wereCreated,
        };
        try
        {
            OwnThreads.For(count, OpenParallelism, "log-opener", i =>
                logs[i] = PartitionLog.Open(PathOf(topicId, first + i), logOptions, environment));
        }
        catch (AggregateException e)
        {
            foreach (var log in logs)
            {
                log?.Dispose();
            }

            throw new IOException($"Partitions of topic {topicId} cannot be opened: {e.InnerException!.Message}", e);
        }

        options.Files.FlushDirectory(_root);
        return logs;
    }

    /// <summary>Closes partitions that are deleted, or whose creation failed half-way, and removes their files; false when some stay.</summary>
    public bool Remove(IReadOnlyCollection<PartitionLog> logs)
    {
        foreach (var log in logs)
        {
            log.Discard();
        }

        return TryRemove(logs.Select(static log => log.LogDirectory));
    }

    /// <summary>Finishes deletions that a crash interrupted.</summary>
    public void RemoveDeleted(IReadOnlyList<Guid> topicIds)
    {
        if (!Directory.Exists(_root))
        {
            return;
        }

        foreach (var id in topicIds)
        {
            RemoveMatching(Prefix(id) + "*");
        }

        RemoveMatching("*" + DeletedSuffix);
    }

    /// <summary>
    /// Directories no topic owns: empty ones, left by a creation that did not get far, go; others are moved aside for
    /// whoever misses them.
    /// </summary>
    public void MoveOrphansAside(IReadOnlyList<TopicMetadata> topics)
    {
        if (!Directory.Exists(_root))
        {
            return;
        }

        var owned = topics
            .SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(i => PathOf(topic.Id, i)))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.GetDirectories(_root).Where(path => !owned.Contains(path)))
        {
            var hasData = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Any(static file => new FileInfo(file).Length > 0);
            if (!hasData)
            {
                Directory.Delete(path, recursive: true);
                continue;
            }

            TryMoveAside(path);
        }
    }

    private void TryMoveAside(string path)
    {
        var aside = Path.Combine(options.DataDirectory, OrphanDirectory, Path.GetFileName(path));
        var target = aside;
        for (var n = 1; Directory.Exists(target); n++)
        {
            target = aside + "." + n.ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(aside)!);
            Directory.Move(path, target);
            StorageLog.OrphanMoved(options.Log, path, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It disturbs nobody where it is, and a full disk is no reason not to serve what there is.
            StorageLog.OrphanRemains(options.Log, path, e.Message);
        }
    }

    private static string Prefix(Guid topicId) => topicId.ToString("N") + "-";

    private string PathOf(Guid topicId, int partition) =>
        Path.Combine(_root, Prefix(topicId) + partition.ToString(CultureInfo.InvariantCulture));

    private bool RemoveMatching(string pattern) => TryRemove(Directory.GetDirectories(_root, pattern));

    // Renamed first, so that a half-deleted directory is never taken for a partition.
    private bool TryRemove(IEnumerable<string> directories)
    {
        try
        {
            foreach (var path in directories)
            {
                var doomed = path.EndsWith(DeletedSuffix, StringComparison.Ordinal) ? path : path + DeletedSuffix;
                if (doomed != path)
                {
                    Directory.Move(path, doomed);
                }

                Directory.Delete(doomed, recursive: true);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.FilesRemain(options.Log, e.Message);
            return false;
        }
    }
}
