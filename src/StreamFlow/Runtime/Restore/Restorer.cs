using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Fills stores from their changelogs on a thread and with consumers of its own, beside processing. A task that is added
/// belongs to the restorer until it comes back through <see cref="TryTakeFinished"/> or is removed.
/// </summary>
internal sealed class Restorer : IDisposable
{
    // What all batches together may hold, and how large a single one becomes.
    private const int TotalBatchBytes = 64 << 20;
    private const int MinBatchBytes = 1 << 20;
    private const int MaxBatchBytes = 16 << 20;
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private readonly Func<bool, IKafkaConsumer> _createConsumer;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly RestoreQueue _queue;
    private readonly RestoreWatch _watch;
    private readonly EmptyBeginnings? _empty;
    private readonly AutoResetEvent _wake = new(false);
    private Thread? _thread;
    private RestoreWriter? _writer;
    private volatile bool _stopping;

    /// <param name="name">Name of the thread.</param>
    /// <param name="createConsumer">Makes a consumer without a group that reads committed records only, or sees all there are.</param>
    /// <param name="time">Tells how long a restore has not come forward.</param>
    /// <param name="logger">Gets progress and errors.</param>
    /// <param name="empty">Is told of stores that begin empty; null: nobody is.</param>
    public Restorer(
        string name, Func<bool, IKafkaConsumer> createConsumer, TimeProvider time, ILogger logger, EmptyBeginnings? empty = null)
    {
        _empty = empty;
        _name = name;
        _createConsumer = createConsumer;
        _logger = logger;
        _queue = new RestoreQueue(logger);
        _watch = new RestoreWatch(logger, time);
    }

    /// <summary>Changelog records still to be applied, over all tasks; an estimate.</summary>
    public long Remaining => _queue.Remaining;

    /// <summary>Changelog records of tasks that became complete since this was last asked.</summary>
    public long TakeRestored() => _queue.TakeRestored();

    /// <summary>Hands a task over; its stores are restored from where their local data ends.</summary>
    public void Add(StreamTask task)
    {
        _queue.Add(task);
        _thread ??= StartThread();
        _wake.Set();
    }

    /// <summary>Takes a task back whatever its progress; when this returns the restorer no longer touches its stores.</summary>
    public void Remove(StreamTask task) => _queue.Remove(task);

    /// <summary>Takes a task back that is complete, or cannot be restored.</summary>
    public bool TryTakeFinished(out RestoreResult result) => _queue.TryTakeFinished(out result);

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread?.Join();
        _writer?.Dispose();
        _wake.Dispose();
    }

    private Thread StartThread()
    {
        _writer = new RestoreWriter($"{_name}-writer");
        var thread = new Thread(Run) { Name = _name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                using var consumer = _createConsumer(true);
                using var ends = _createConsumer(false);
                RunWith(consumer, ends);
            }
            catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
            {
                RuntimeLog.RestoreInterrupted(_logger, exception, _name);
                _wake.WaitOne(RetryDelay);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                RuntimeLog.RestoreFailed(_logger, exception, _name);
                _queue.Fail(static _ => true, _ => exception);
                _wake.WaitOne();
            }
        }
    }

    private void RunWith(IKafkaConsumer consumer, IKafkaConsumer ends)
    {
        _queue.MarkChanged();
        var wait = PollTimeout;
        while (!_stopping)
        {
            UpdateAssignment(consumer, ends);
            if (_queue.IsIdle)
            {
                _writer!.Trim();
                _wake.WaitOne();
                continue;
            }

            Poll(consumer, wait);
            wait = ApplyAll(consumer);
        }
    }

    private void Poll(IKafkaConsumer consumer, TimeSpan timeout)
    {
        try
        {
            consumer.Poll(timeout);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
        {
            RuntimeLog.PollFailed(_logger, exception, _name);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.OffsetOutOfRange)
        {
            _queue.Fail(
                store => store.Changelog == exception.Partition,
                task => new TaskCorruptedException(
                    task.Id, $"The position in {exception.Partition} has left the log during the restore.", exception));
        }
    }

    private void UpdateAssignment(IKafkaConsumer consumer, IKafkaConsumer ends)
    {
        if (!_queue.IsChanged)
        {
            return;
        }

        foreach (var store in _queue.Stores().Where(s => !s.IsLocated))
        {
            Locate(store, ends);
        }

        _queue.FinishCompleteTasks();
        consumer.Assign([.. _queue.TakeReadable().Select(s => new PartitionOffset(s.Changelog, s.Position))]);
    }

    /// <summary>
    /// The end is that of all records, open transactions included. A transaction is committed partition by partition: the
    /// positions of a former owner's last one may be visible before its changelog records are, and a restore that ended at
    /// the last stable offset of that moment would lack them. Committed records are read up to that end, which waits until
    /// it is known what becomes of them.
    /// </summary>
    private void Locate(RestoringStore store, IKafkaConsumer ends)
    {
        var (beginning, end) = ends.QueryOffsets(store.Changelog, QueryTimeout);
        if (store.Locate(beginning, end))
        {
            if (store.EmptyBefore is { } position)
            {
                _empty?.Look(store.Name, position, ends.QueryOffsets(position.Partition, QueryTimeout).Beginning);
            }

            return;
        }

        Fail(store, new TaskCorruptedException(
            store.Task.Id,
            $"The local state of store '{store.Name}' ends at changelog offset {store.StoredOffset}, but {store.Changelog} "
            + $"holds offsets {beginning} to {end}: it was recreated or truncated, or what has expired was deleted. The state is "
            + "rebuilt from the changelog."));
    }

    /// <summary>One turn over all stores; a task may be taken back at any time.</summary>
    /// <returns>How long to wait for more records.</returns>
    private TimeSpan ApplyAll(IKafkaConsumer consumer)
    {
        var stores = _queue.Stores();
        if (_queue.IsChanged || stores.Count == 0)
        {
            return TimeSpan.Zero;
        }

        _watch.Look(stores);
        var batchBytes = Math.Clamp(TotalBatchBytes / (stores.Count + RestoreWriter.MaxDue), MinBatchBytes, MaxBatchBytes);
        var (more, writing, done) = (false, false, false);
        foreach (var store in stores)
        {
            more |= !store.IsDone && ApplyOne(store, consumer, batchBytes);
            writing |= store.IsWriteDue;
            done |= store.IsDone;
        }

        if (done)
        {
            _queue.FinishCompleteTasks();
        }

        return more ? TimeSpan.Zero : writing ? WriteTimeout : PollTimeout;
    }

    private bool ApplyOne(RestoringStore store, IKafkaConsumer consumer, int batchBytes)
    {
        try
        {
            var more = store.Apply(store.IsReadable ? consumer.Reader(store.Changelog) : null, batchBytes, _writer!);
            if (store.TryTakeBegin(out var from))
            {
                RuntimeLog.RestoreStarted(_logger, store.Task.Id, store.Name, from, store.End);
            }

            return more;
        }
        catch (Exception exception) when (exception is StreamsException or FormatException or IOException)
        {
            Fail(store, exception);
            return false;
        }
    }

    private void Fail(RestoringStore store, Exception error) => _queue.Fail(other => other == store, _ => error);
}
