using StreamFlow.Runtime;

namespace StreamFlow;

public sealed partial class StreamsApplication
{
    /// <summary>Nothing runs any more.</summary>
    private void Finish()
    {
        if (Interlocked.Exchange(ref _isFinished, 1) == 1)
        {
            return;
        }

        Close("the watch over the threads", _progressWatch);
        Close("the watch over topics and group", _watch);
        Close("the thread of global tables", _globals);
        Close("the state directory", _threadServices?.StateDirectory);
        _taps.Ended(State is StreamsState.PendingError or StreamsState.Error ? _life.Error : null);
        _ = _life.EndAsync();
    }

    private void Close(string what, IDisposable? part)
    {
        try
        {
            part?.Dispose();
        }
#pragma warning disable CA1031 // Whoever waits for the end must see it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ThreadLog.NotClosed(_logger, exception, _options.ApplicationId, what);
        }
    }
}
