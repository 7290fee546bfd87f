
namespace StreamFlow.Broker.Storage;

/// <content>Flushes that the clock asks for, and those that will not be.</content>
internal sealed partial class LogDurability
{
    /// <summary>Answers those that wait for a flush which will not be.</summary>
    public void FailWaiting()
    {
        TaskCompletionSource<ErrorCode>? round;
        using (_log.Gate.Enter())
        {
            (round, _round) = (_round, null);
        }

        round?.TrySetResult(ErrorCode.KafkaStorageError);
    }

    /// <summary>Makes a repair durable before anybody learns of it.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void SaveRepaired(EpochStart[] epochs, long recoveryPoint)
    {
        using (_checkpointGate.Enter())
        {
            var checkpoint = Compose() with { Epochs = epochs, RecoveryPoint = recoveryPoint };
            checkpoint.Save(_environment.Files, _log.LogDirectory);
            _saved = checkpoint;
        }
    }

    private bool TryFlush(Action flush)
    {
        try
        {
            flush();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.RefuseWrites(TroubleKind.Flush, e);
            return false;
        }
    }

    private void ArmTimer(TimeSpan due)
    {
        _timer ??= _environment.Time.CreateTimer(
            static state => ((LogDurability)state!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Interlocked.Exchange(ref _timerArmed, 0);
        try
        {
            RequestFlush();
        }
#pragma warning disable CA1031 // An exception on a timer's thread would end the process that the broker lives in.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.FlushFailed(exception);
        }
    }
}
