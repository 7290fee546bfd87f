using System.Diagnostics.Metrics;

namespace StreamFlow.Broker.Measuring;

/// <summary>Tells whoever listens. They are called in here, and what one of them throws is nobody's failure but theirs.</summary>
internal static class Listeners
{
    /// <returns>What one of them threw, or null. A broker does not refuse a request because somebody cannot count it.</returns>
    public static Exception? Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(count, tags);
            return null;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    /// <inheritdoc cref="Add"/>
    public static Exception? Record(
        Histogram<double> histogram, double value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(value, tags);
            return null;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }
}
