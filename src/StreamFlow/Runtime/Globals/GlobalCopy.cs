using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// The copy that this instance has of all global tables: read with a consumer of its own, without a group, from where each
/// stands. Used by one thread; what it has committed others read through the views of the stores.
/// </summary>
internal sealed class GlobalCopy : IDisposable
{
    private const int TurnRecords = 5000;
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private readonly ThreadServices _services;
    private readonly List<GlobalTask> _tasks;
    private readonly WorkAtHand _work;
    private readonly List<(GlobalTask Task, TopicPartition Partition)> _partitions = [];
    private readonly Dictionary<TopicPartition, long> _ends = [];
    private IKafkaConsumer? _consumer;
    private bool _isOpen;

    /// <param name="services">What threads share.</param>
    /// <param name="work">Where the thread shows what it is at; null: nobody looks.</param>
    public GlobalCopy(ThreadServices services, WorkAtHand? work = null)
    {
        _services = services;
        _work = work ?? new WorkAtHand(services.Time);
        _tasks = [.. services.Topics.Plan.Globals.Select(global => new GlobalTask(services, global))];
    }

    public IReadOnlyList<GlobalTask> Tasks => _tasks;

    /// <summary>Records that were there when it was opened and are not applied yet; an estimate.</summary>
    public long Remaining => _ends.Sum(end => Math.Max(0, end.Value - PositionOf(end.Key)));

    /// <summary>Whether everything is applied that was there when it was opened.</summary>
    public bool IsComplete => _consumer is not null && _ends.Count == 0;

    /// <summary>Opens the stores and begins to read; may be called again when the broker did not answer.</summary>
    /// <exception cref="KafkaClientException">The broker does not answer.</exception>
    public void Open()
    {
        if (!_isOpen)
        {
            _tasks.ForEach(task => task.Open());
            _isOpen = true;
        }

        _consumer ??= _services.Clients.CreateConsumer(new ConsumerRole(
            $"{_services.Options.ApplicationId}-global-consumer",
            GroupId: null,
            GroupInstanceId: null,
            ReadCommitted: _services.Options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce,
            "error"));
        Assign();
    }

    /// <summary>Others may read the stores from now on.</summary>
    public void Show() => _tasks.ForEach(task => task.Show());

    /// <summary>Applies what has come, and commits it.</summary>
    /// <param name="wait">How long to wait for records.</param>
    /// <returns>How many records it was.</returns>
    /// <exception cref="KafkaClientException">The broker does not answer, or a position is not in the log any more.</exception>
    public int Turn(TimeSpan wait)
    {
        if (_partitions.Count != CountPartitions())
        {
            Assign();
        }

        _work.Begin(WorkKind.Poll);
        _consumer!.Poll(wait);
        var done = 0;
        foreach (var (task, partition) in _partitions)
        {
            _work.Begin(WorkKind.Records, task.Context.Record);
            done += Take(task, partition);
        }

        return done;
    }

    public void Dispose()
    {
        try
        {
            _consumer?.Dispose();
        }
        finally
        {
            _tasks.ForEach(task => task.Dispose());
        }
    }

    private int Take(GlobalTask task, TopicPartition partition)
    {
        var reader = _consumer!.Reader(partition);
        var (done, count) = (0, 0);
        do
        {
            var records = reader.Next();
            count = records.Count;
            done += count;
            task.Process(partition, records);
        }
        while (count > 0 && done < TurnRecords && !task.Context.Budget.CommitDue);

        if (count == 0 && reader.Position > PositionOf(partition, task))
        {
            // Compaction, control records and aborted ones leave gaps: the reader knows how far it really is.
            task.Positions.Set(partition.Partition, reader.Position);
        }

        task.Commit();
        if (_ends.TryGetValue(partition, out var end) && PositionOf(partition, task) >= end)
        {
            _ends.Remove(partition);
        }

        return done;
    }

    private int CountPartitions() => _tasks.Sum(task => _services.Topics.PartitionCounts[task.Topic]);

    /// <summary>Reads all partitions there are, each from where its rows are complete up to.</summary>
    private void Assign()
    {
        _partitions.Clear();
        _ends.Clear();
        var starts = new List<PartitionOffset>();
        foreach (var task in _tasks)
        {
            var partitions = Enumerable.Range(0, _services.Topics.PartitionCounts[task.Topic])
                .Select(partition => new TopicPartition(task.Topic, partition))
                .ToList();
            var offsets = partitions.ConvertAll(partition => _consumer!.QueryOffsets(partition, QueryTimeout));
            CheckFit(task, partitions, offsets);
            for (var i = 0; i < partitions.Count; i++)
            {
                var start = task.Positions.Of(partitions[i].Partition) ?? offsets[i].Beginning;
                _partitions.Add((task, partitions[i]));
                starts.Add(new PartitionOffset(partitions[i], start));
                if (start < offsets[i].End)
                {
                    _ends.Add(partitions[i], offsets[i].End);
                }
            }
        }

        _consumer!.Assign(starts);
    }

    /// <summary>What was deleted from the topic while nobody looked may be rows that are still here.</summary>
    private static void CheckFit(
        GlobalTask task, List<TopicPartition> partitions, List<(long Beginning, long End)> offsets)
    {
        for (var i = 0; i < partitions.Count; i++)
        {
            if (task.Positions.Of(partitions[i].Partition) is { } position
                && (position < offsets[i].Beginning || position > offsets[i].End))
            {
                task.Empty(
                    $"its position in partition {partitions[i].Partition} is {position}, and that holds offsets {offsets[i].Beginning} to "
                    + $"{offsets[i].End}");
                return;
            }
        }
    }

    private long PositionOf(TopicPartition partition) =>
        PositionOf(partition, _tasks.Find(task => task.Topic == partition.Topic)!);

    private static long PositionOf(TopicPartition partition, GlobalTask task) => task.Positions.Of(partition.Partition) ?? 0;
}
