using System.Globalization;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>The engine's consumer over librdkafka.</summary>
internal sealed class KafkaConsumer : IKafkaConsumer
{
    private const string DefaultMaxPollIntervalMs = "300000";
    private static readonly TimeSpan SeekTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    private readonly string _clientId;
    private readonly ConsumerRole _role;
    private readonly NativeConsumer _native;
    private readonly ReaderSignals _signals;
    private readonly ReaderSet _readers;
    private readonly Rebalancer _rebalancer;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private bool _subscribed;
    private ConsumerState _state;

    internal KafkaConsumer(
        ConsumerRole role,
        IEnumerable<KeyValuePair<string, string>> settings,
        ClientLines lines,
        ILogger logger,
        TimeProvider time)
    {
        var all = settings.ToList();
        MaxPollInterval = TimeSpan.FromMilliseconds(int.Parse(
            all.LastOrDefault(s => s.Key == "max.poll.interval.ms").Value ?? DefaultMaxPollIntervalMs, CultureInfo.InvariantCulture));
        _role = role;
        _clientId = role.ClientId;
        _logger = logger;
        _time = time;
        _native = new NativeConsumer(
            all,
            new ClientCallbacks(_clientId, lines, logger, (code, partitions) => _rebalancer!.Answer(code, partitions)));
        _signals = new ReaderSignals(logger);
        _readers = new ReaderSet(_native, _signals);
        _rebalancer = new Rebalancer(_native, _readers, logger);
    }

    public TimeSpan MaxPollInterval { get; }

    public void Subscribe(
        IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener)
    {
        ArgumentNullException.ThrowIfNull(leaderTopics);
        ArgumentNullException.ThrowIfNull(allTopics);
        ArgumentNullException.ThrowIfNull(listener);
        ThrowIfNotOpen();
        foreach (var topic in allTopics.Concat(leaderTopics))
        {
            _readers.KeepTopic(topic);
        }

        _subscribed = true;
        _rebalancer.Listen(leaderTopics, listener);
        Check($"Cannot subscribe to {string.Join(", ", leaderTopics)}", _native.Subscribe(leaderTopics));
    }

    public void Assign(IReadOnlyList<PartitionOffset> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        ThrowIfNotOpen();
        if (_subscribed)
        {
            throw new InvalidOperationException(
                $"Consumer '{_clientId}' has subscribed to topics; its partitions come from the group. "
                + "Use a consumer of its own to read chosen partitions.");
        }

        // A partition that is read from just there already keeps what was prefetched.
        var kept = partitions
            .Where(p => _readers.TryGet(p.Partition, out var reader) && reader.Position == p.Offset)
            .Select(p => p.Partition)
            .ToHashSet();
        Check("Cannot stop reading", _readers.Remove([.. _readers.Partitions.Where(p => !kept.Contains(p))]));
        Check("Cannot start reading", _readers.Add(partitions));
    }

    public void Poll(TimeSpan timeout)
    {
        ThrowIfNotOpen();
        ThrowIfReaderFailed();
        var wait = _signals.TakeMoreExpected() ? 0 : Timeouts.Milliseconds(timeout);
        var failed = _native.Poll(wait, out var error);
        _rebalancer.ThrowIfFailed();
        if (failed)
        {
            Throw(error);
        }
    }

    public PartitionReader Reader(TopicPartition partition) =>
        _readers.TryGet(partition, out var reader)
            ? reader
            : throw new InvalidOperationException(
                $"{partition} is not read by consumer '{_clientId}', which reads "
                + $"[{string.Join(", ", _readers.Partitions)}].");

    public void Seek(PartitionOffset offset)
    {
        ThrowIfClosed();
        var partition = offset.Partition;
        var reader = (PrefetchReader)Reader(partition);
        reader.Moved(offset.Offset);
        var error = _native.Seek(offset, (int)SeekTimeout.TotalMilliseconds);
        if (error.Code == ErrorCode.State)
        {
            // Not fetching yet, or not any more after an offset that is out of range: begin anew.
            error = _readers.Remove([partition]);
            if (!error.IsError)
            {
                error = _readers.Add([offset]);
            }
        }

        if (error.IsError)
        {
            throw Errors.Exception(
                $"Cannot seek {partition} to {offset.Offset}", error, Errors.ConsumerKind(error), partition);
        }
    }

    public void Commit(IReadOnlyList<PartitionOffset> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ThrowIfClosed();
        if (offsets.Count > 0)
        {
            ThrowUnlessMember(_native.MemberId());
            Check(
                $"Cannot commit {offsets.Count} offsets", _native.Commit(offsets, (int)CallTimeout.TotalMilliseconds));
        }
    }

    public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        ThrowIfClosed();
        var offsets = new PartitionOffset[partitions.Count];
        if (offsets.Length > 0)
        {
            Check(
                $"Cannot read the committed offsets of {offsets.Length} partitions",
                _native.Committed(partitions, (int)CallTimeout.TotalMilliseconds, offsets));
        }

        foreach (var committed in offsets)
        {
            if (committed.Offset >= 0 && _readers.TryGet(committed.Partition, out var reader))
            {
                reader.Committed(committed.Offset);
            }
        }

        return offsets;
    }

    public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout)
    {
        ThrowIfClosed();
        _readers.KeepTopic(partition.Topic);
        var error = _native.QueryOffsets(partition, Timeouts.Milliseconds(timeout), out var beginning, out var end);
        if (!error.IsError)
        {
            return (beginning, end);
        }

        throw Errors.OffsetsUnknown(partition, error);
    }

    public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout)
    {
        ThrowIfClosed();
        _readers.KeepTopic(partition.Topic);
        var error = _native.QueryOffset(partition, timestamp, Timeouts.Milliseconds(timeout), out var offset);
        return error.IsError ? throw Errors.OffsetsUnknown(partition, error) : offset;
    }

    public ConsumerGroupMetadata GroupMetadata()
    {
        ThrowIfClosed();
        var metadata = _native.GroupMetadata()
            ?? throw new InvalidOperationException($"Consumer '{_clientId}' belongs to no group.");
        try
        {
            ThrowUnlessMember(NativeConsumer.MemberIdOf(metadata));
            return new MemberMetadata(metadata);
        }
        catch
        {
            metadata.Dispose();
            throw;
        }
    }

    public void Close(bool leavesAlways = false)
    {
        if (_state != ConsumerState.Open)
        {
            return;
        }

        _state = ConsumerState.Closing;
        var exit = new GroupExit(_native, _role, _logger, _time);
        try
        {
            // A record still held would block the client's end for ever. Those of a member are given back when the
            // listener has given up their partitions: until then it may ask how far they were processed.
            if (_subscribed)
            {
                exit.LeaveAsMember(leavesAlways);
                _rebalancer.LoseRemaining();
            }
            else
            {
                _ = _readers.Remove([.. _readers.Partitions]);
                exit.End();
            }
        }
        finally
        {
            _state = ConsumerState.Closed;
            _readers.Close();
            _native.Dispose();
        }

        _rebalancer.ThrowIfFailed();
    }

    public void Dispose()
    {
        try
        {
            Close();
        }
#pragma warning disable CA1031 // Dispose must not hide the exception that led to it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.CloseFailed(_logger, _clientId, e);
        }
    }

    private void ThrowIfReaderFailed()
    {
        if (_signals.TryTakeFailure(out var failure))
        {
            Throw(failure);
        }
    }

    private void Throw(in ConsumerError failure)
    {
        var what = failure.Partition is { } partition ? $"Cannot read {partition}"
            : failure.Error.Code == ErrorCode.FencedInstanceId
                ? $"Another process has joined the group as '{_role.GroupInstanceId}'. Give each instance a state directory "
                    + "(or GroupInstanceId) of its own, and do not copy one that is in use"
                : "Cannot go on reading";
        throw Errors.Exception(
            $"Consumer '{_clientId}': {what}", failure.Error, Errors.ConsumerKind(failure.Error), failure.Partition);
    }

    /// <summary>
    /// A broker takes the positions of whoever is a member now, and, in a transaction, even of nobody: one that was let go
    /// and taken up again must not speak for what it had before, and does so until it is told by the next rebalance.
    /// </summary>
    private void ThrowUnlessMember(string memberId)
    {
        if (!_rebalancer.IsMember(memberId))
        {
            throw new KafkaClientException(
                $"Consumer '{_clientId}': the group has let this member go; it is '{memberId}' now.", KafkaErrorKind.Migrated);
        }
    }

    private void Check(string operation, in NativeError error)
    {
        if (error.IsError)
        {
            var cause = error.Code == ErrorCode.Fatal && _native.FatalError() is { IsError: true } fatal ? fatal : error;
            throw Errors.Exception($"Consumer '{_clientId}': {operation}", cause);
        }
    }

    private void ThrowIfNotOpen() => ObjectDisposedException.ThrowIf(_state != ConsumerState.Open, this);

    /// <summary>While it leaves its group the listener may still commit.</summary>
    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_state == ConsumerState.Closed, this);
}
