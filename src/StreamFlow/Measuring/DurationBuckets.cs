using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>How histograms of seconds are divided, for whoever does not say it otherwise.</summary>
internal static class DurationBuckets
{
    public static readonly InstrumentAdvice<double> Advice = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };
}
