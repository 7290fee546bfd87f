namespace StreamFlow.Dashboard;

/// <summary>
/// The latencies of the last ten seconds, in buckets that grow by a tenth each, so that a quantile is exact to a tenth. Told by any
/// thread; a second is over when <see cref="Turn"/> is called.
/// </summary>
internal sealed class LatencyWindow
{
    private const int Seconds = 10;
    private const double Smallest = 0.0001;
    private const double Growth = 1.1;
    private static readonly double LogGrowth = Math.Log(Growth);

    /// <summary>Up to about a year.</summary>
    private const int Buckets = 280;

    private readonly Lock _gate = new();
    private readonly int[]?[] _seconds = new int[Seconds][];
    private int _now;

    /// <param name="seconds">A latency, in seconds.</param>
    public void Add(double seconds)
    {
        var bucket = seconds <= Smallest ? 0 : Math.Min(Buckets - 1, 1 + (int)(Math.Log(seconds / Smallest) / LogGrowth));
        lock (_gate)
        {
            (_seconds[_now] ??= new int[Buckets])[bucket]++;
        }
    }

    /// <summary>The next second begins; the oldest is forgotten.</summary>
    public void Turn()
    {
        lock (_gate)
        {
            _now = (_now + 1) % Seconds;
            if (_seconds[_now] is { } oldest)
            {
                Array.Clear(oldest);
            }
        }
    }

    /// <summary>A quantile of what was told in the window; null where nothing was.</summary>
    /// <param name="quantile">Between 0 and 1.</param>
    public double? Quantile(double quantile) => Merged([this]) is { } all ? Quantile(all, quantile) : null;

    /// <summary>A quantile over several windows; null where nothing was told.</summary>
    public static double? Quantile(IReadOnlyCollection<LatencyWindow> windows, double quantile) =>
        Merged(windows) is { } all ? Quantile(all, quantile) : null;

    private static double Quantile(long[] all, double quantile)
    {
        var rank = (long)Math.Ceiling(all.Sum() * quantile);
        var bucket = 0;
        for (var seen = all[0]; seen < rank; seen += all[bucket])
        {
            bucket++;
        }

        // The middle of the bucket.
        return bucket == 0 ? Smallest / 2 : Smallest * Math.Pow(Growth, bucket - 0.5);
    }

    private static long[]? Merged(IReadOnlyCollection<LatencyWindow> windows)
    {
        var all = new long[Buckets];
        var any = false;
        foreach (var window in windows)
        {
            lock (window._gate)
            {
                foreach (var second in window._seconds.OfType<int[]>())
                {
                    for (var i = 0; i < Buckets; i++)
                    {
                        all[i] += second[i];
                        any |= second[i] > 0;
                    }
                }
            }
        }

        return any ? all : null;
    }
}
