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
    private readonly string _root = Path.Combine(options.DataDirectory, "topics");

    /// <summary>Opens or creates consecutive partitions; all or none.</summary>
    public PartitionLog[] OpenPartitions(
        Guid topicId, int first, int count, LogOptions logOptions)
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
            VerifyAll = options.VerifyAll,
            AfterUncleanStop = afterUncleanStop,
        };
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = OpenParallelism }, i =>
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

    /// <summary>Closes the partitions of a deleted topic and removes their files; false when some stay.</summary>
    public bool Remove(Guid topicId, IEnumerable<PartitionLog> logs)
    {
        foreach (var log in logs)
        {
            log.Discard();
        }

        return RemoveMatching(Prefix(topicId) + "*");
    }

    /// <summary>Removes partitions whose creation failed half-way.</summary>
    public void RemovePartitions(IEnumerable<PartitionLog> logs)
    {
        foreach (var log in logs)
        {
            log.Discard();
            RemoveMatching(Path.GetFileName(log.LogDirectory));
        }
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

            var aside = Path.Combine(options.DataDirectory, OrphanDirectory, Path.GetFileName(path));
            Directory.CreateDirectory(Path.GetDirectoryName(aside)!);
            var target = aside;
            for (var n = 1; Directory.Exists(target); n++)
            {
                target = aside + "." + n.ToString(CultureInfo.InvariantCulture);
            }

            Directory.Move(path, target);
            StorageLog.OrphanMoved(options.Log, path, target);
        }
    }

    private static string Prefix(Guid topicId) => topicId.ToString("N") + "-";

    private string PathOf(Guid topicId, int partition) =>
        Path.Combine(_root, Prefix(topicId) + partition.ToString(CultureInfo.InvariantCulture));

    // Renamed first, so that a half-deleted directory is never taken for a partition.
    private bool RemoveMatching(string pattern)
    {
        try
        {
            foreach (var path in Directory.GetDirectories(_root, pattern))
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
