using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>
/// Answers the group's rebalances: asks the listener, then changes the assignment by everything it says in one call.
/// Runs inside librdkafka, so whatever goes wrong is kept for the poll that caused it; the rebalance is answered in any
/// case, because one that is not parks the member.
/// </summary>
internal sealed class Rebalancer
{
    private readonly NativeConsumer _native;
    private readonly ReaderSet _readers;
    private readonly ILogger _logger;
    private readonly HashSet<string> _leaderTopics = new(StringComparer.Ordinal);
    private IRebalanceListener? _listener;
    private ExceptionDispatchInfo? _failure;
    private string? _memberId;

    internal Rebalancer(NativeConsumer native, ReaderSet readers, ILogger logger)
    {
        _native = native;
        _readers = readers;
        _logger = logger;
    }

    internal void Listen(IEnumerable<string> leaderTopics, IRebalanceListener listener)
    {
        _leaderTopics.Clear();
        _leaderTopics.UnionWith(leaderTopics);
        _listener = listener;
    }

    /// <summary>
    /// Whether the group still knows the member to which it gave what is read here. One whose session is over and who
    /// joins again is another member, with another id, though librdkafka says nothing of it: it carries on with the same
    /// partitions when they come back, whatever others have done with them.
    /// </summary>
    internal bool IsMember(string memberId) => _memberId is null || memberId == _memberId;

    /// <summary>Throws what went wrong since the last call.</summary>
    internal void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    internal void Answer(ErrorCode code, IReadOnlyList<TopicPartition> leaders)
    {
        try
        {
            switch (code)
            {
                case ErrorCode.AssignPartitions:
                    Assign(leaders);
                    break;
                case ErrorCode.RevokePartitions:
                    Revoke(leaders);
                    break;
                default:
                    Reset(code);
                    break;
            }
        }
#pragma warning disable CA1031 // Nothing may unwind through librdkafka's frames; ThrowIfFailed throws it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Keep(e);
        }
    }

    /// <summary>The group is left. Partitions given in the last moment were not taken back by a callback.</summary>
    internal void LoseRemaining()
    {
        var leaders = Leaders();
        if (leaders.Count > 0)
        {
            try
            {
                _ = _listener!.OnLost(leaders);
            }
#pragma warning disable CA1031 // Kept and thrown again by ThrowIfFailed, when the consumer is gone.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Keep(e);
            }
        }
    }

    private void Assign(IReadOnlyList<TopicPartition> leaders)
    {
        leaders = [.. leaders, .. LoseUnlessMember()];
        Log.Assigned(_logger, leaders.Count);
        IEnumerable<PartitionOffset> partitions;
        try
        {
            partitions = _listener!.OnAssigned(leaders);
        }
#pragma warning disable CA1031 // Kept and thrown again by ThrowIfFailed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Keep(e);
            partitions = leaders.Select(leader => new PartitionOffset(leader, PartitionOffset.Stored));
        }

        Check("The assignment cannot be taken", _readers.Add(partitions));
    }

    /// <summary>What another member had that was this consumer: lost, and given anew.</summary>
    private List<TopicPartition> LoseUnlessMember()
    {
        var memberId = _native.MemberId();
        var held = IsMember(memberId) ? [] : Leaders();
        _memberId = memberId;
        if (held.Count > 0)
        {
            Log.TakenUpAgain(_logger, held.Count);
            GiveUp(held, lost: true);
        }

        return held;
    }

    private void Revoke(IReadOnlyList<TopicPartition> leaders)
    {
        var lost = _native.AssignmentLost || !IsMember(_native.MemberId());
        Log.Revoked(_logger, leaders.Count, lost);
        GiveUp(leaders, lost);
    }

    private void GiveUp(IReadOnlyList<TopicPartition> leaders, bool lost)
    {
        IEnumerable<TopicPartition> partitions;
        try
        {
            partitions = lost ? _listener!.OnLost(leaders) : _listener!.OnRevoked(leaders);
        }
#pragma warning disable CA1031 // Kept and thrown again by ThrowIfFailed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Which extras belong to these leaders only the listener knows: none of them is read on.
            Keep(e);
            partitions = leaders.Concat(_readers.Partitions.Where(p => !_leaderTopics.Contains(p.Topic)));
        }

        Check("The revoked partitions cannot be given up", _readers.Remove(partitions.Concat(leaders)));
    }

    /// <summary>Neither assigned nor revoked: the documented answer is to give everything up.</summary>
    private void Reset(ErrorCode code)
    {
        Log.RebalanceFailed(_logger, NativeError.Name(code));
        try
        {
            _ = _listener!.OnLost(Leaders());
        }
        finally
        {
            _ = _readers.Remove([.. _readers.Partitions]);
            Check("The assignment cannot be reset", _native.UnassignAll());
        }
    }

    private List<TopicPartition> Leaders() =>
        [.. _readers.Partitions.Where(p => _leaderTopics.Contains(p.Topic))];

    private void Check(string operation, in NativeError error)
    {
        if (error.IsError)
        {
            Keep(Errors.Exception(operation, error));
        }
    }

    private void Keep(Exception exception)
    {
        if (_failure is null)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
        else
        {
            Log.FurtherRebalanceError(_logger, exception);
        }
    }
}
