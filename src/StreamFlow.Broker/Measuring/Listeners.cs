using System.Diagnostics.Metrics;

namespace StreamFlow.Broker.Measuring;

/// <summary>Tells whoever listens. They are called in here, and what one of them throws is nobody's failure but theirs.</summary>
internal static class Listeners
{
    public static void Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(count, tags);
        }
#pragma warning disable CA1031 // A broker does not refuse a request because somebody cannot count it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <inheritdoc cref="Add"/>
    public static void Record(Histogram<double> histogram, double value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(value, tags);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
