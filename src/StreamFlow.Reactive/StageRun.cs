using System.Reactive.Linq;
using System.Reactive.Subjects;
using StreamFlow.Clients;

namespace StreamFlow.Reactive;

/// <summary>The thread of a stage: reads as a member of a group, waits for what is written, commits.</summary>
#pragma warning disable CA1001 // It ends with its thread, which ends the subject.
internal sealed class StageRun<TKey, TValue>(
    IKafkaClients clients, string topic, TopicReadOptions<TKey, TValue> read, StageOptions options) : IRebalanceListener
#pragma warning restore CA1001
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);
    private readonly Subject<Record<TKey, TValue>> _records = new();
    private readonly HashSet<TopicPartition> _assigned = [];
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private IKafkaConsumer? _consumer;
    private TopicWriting? _writing;

    public Task Completion => _completion.Task;

    public void Start(Func<IObservable<Record<TKey, TValue>>, TopicWriting> write)
    {
        _writing = write(_records.AsObservable());
        new Thread(Run) { Name = $"{options.GroupId}-{topic}", IsBackground = true }.Start();
    }

    public void Stop() => _isStopping = true;

    public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
    {
        foreach (var partition in leaders)
        {
            _assigned.Add(partition);
        }

        return [.. leaders.Select(partition => new PartitionOffset(partition, PartitionOffset.Stored))];
    }

    public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
    {
        try
        {
            Commit();
        }
        catch (Exception exception) when (exception is KafkaClientException or StreamsException)
        {
            // The next owner reads from the last commit on: at least once.
            _positions.Clear();
        }

        return OnLost(leaders);
    }

    public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders)
    {
        foreach (var partition in leaders)
        {
            _assigned.Remove(partition);
            _positions.Remove(partition);
        }

        return leaders;
    }

    private void Run()
    {
        try
        {
            using var consumer = clients.CreateConsumer(new ConsumerRole(
                read.ClientId, options.GroupId, null, read.ReadCommitted, read.From == OffsetReset.Earliest ? "earliest" : "latest"));
            _consumer = consumer;
            consumer.Subscribe([topic], [topic], this);
            Loop(consumer);
            _records.OnCompleted();
            _writing!.Completion.GetAwaiter().GetResult();
            CommitPositions();
            consumer.Close(leavesAlways: true);
            _completion.TrySetResult();
        }
#pragma warning disable CA1031 // It is what Completion fails with.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _records.OnError(exception);
            _completion.TrySetException(exception);
        }
    }

    private void Loop(IKafkaConsumer consumer)
    {
        var last = options.Time.GetTimestamp();
        while (!_isStopping && !_writing!.Completion.IsCompleted)
        {
            var any = false;
            foreach (var partition in _assigned.ToList())
            {
                any |= HandOver(consumer.Reader(partition).Next(), partition);
            }

            if (options.Time.GetElapsedTime(last) >= options.CommitInterval)
            {
                Commit();
                last = options.Time.GetTimestamp();
            }

            try
            {
                consumer.Poll(any ? TimeSpan.Zero : PollTimeout);
            }
            catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
            {
                // The client mends it itself, or joins anew.
            }
        }
    }

    private bool HandOver(RecordBatch records, TopicPartition partition)
    {
        for (var i = 0; i < records.Count; i++)
        {
            var bytes = records.Read(i);
            _records.OnNext(read.Read(partition, in bytes, records.ReadHeaders(i)));
            _positions[partition] = bytes.Offset + 1;
        }

        return records.Count > 0;
    }

    /// <summary>First what was emitted, then the positions of what it was made of.</summary>
    private void Commit()
    {
        if (_positions.Count > 0)
        {
            _writing!.FlushAsync().GetAwaiter().GetResult();
            CommitPositions();
        }
    }

    private void CommitPositions()
    {
        if (_positions.Count == 0)
        {
            return;
        }

        try
        {
            _consumer!.Commit([.. _positions.Select(position => new PartitionOffset(position.Key, position.Value))]);
            _positions.Clear();
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
        {
            // The next commit has them, or the next owner reads them again.
        }
    }
}
