using Microsoft.Extensions.Logging;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>What the readers of a consumer tell its next poll.</summary>
internal sealed class ReaderSignals
{
    private readonly ILogger _logger;
    private ConsumerError? _failure;
    private bool _more;

    internal ReaderSignals(ILogger logger) => _logger = logger;

    /// <summary>A reader took a full batch, so its queue may have more, and no event will tell.</summary>
    internal void MoreExpected() => _more = true;

    internal void Failed(TopicPartition partition, in NativeError error)
    {
        // The first error is the cause; others of the same fetch follow from it and are in the log.
        if (_failure is null)
        {
            _failure = new ConsumerError(error, partition);
        }
        else
        {
            Log.FurtherFetchError(_logger, partition, error.Text);
        }
    }

    internal void Repeated(TopicPartition partition, int count, long position) =>
        Log.RepeatedLeftOut(_logger, count, partition, position);

    /// <summary>Whether there is something to read that no event announces; asked once per full batch.</summary>
    internal bool TakeMoreExpected()
    {
        var more = _more;
        _more = false;
        return more;
    }

    internal bool TryTakeFailure(out ConsumerError failure)
    {
        failure = _failure ?? default;
        var failed = _failure is not null;
        _failure = null;
        return failed;
    }
}
