using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>Tells the taps of a topology where the application is in its life.</summary>
internal sealed class ApplicationTaps(string applicationId, Func<IReadOnlyList<RecordTap>> taps, ILogger logger)
{
    public void Starting() => Tell(tap => tap.Starting());

    /// <summary>Who is slow must let the threads go when they are to end.</summary>
    public void Changed(StreamsState state)
    {
        if (state is StreamsState.PendingShutdown or StreamsState.PendingError)
        {
            Tell(tap => tap.Stopping());
        }
    }

    public void Ended(Exception? error) => Tell(tap => tap.Ended(error));

    private void Tell(Action<RecordTap> tell)
    {
        foreach (var tap in taps())
        {
            try
            {
                tell(tap);
            }
#pragma warning disable CA1031 // It is the tap's; the others and the application are to go on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ThreadLog.TapFailed(logger, exception, applicationId);
            }
        }
    }
}
