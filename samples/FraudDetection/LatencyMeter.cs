namespace FraudDetection;

/// <summary>From sending a payment to reading its verdict, in milliseconds; null where there were none.</summary>
internal sealed record LatencySummary(double? P50, double? P99, IReadOnlyList<LatencyPoint> Seconds);

/// <summary>The latencies of one second.</summary>
internal sealed record LatencyPoint(long Second, double P50, double P99);

/// <summary>Latencies of the last minute, second by second.</summary>
internal sealed class LatencyMeter(TimeProvider time)
{
    private const int SecondsKept = 60;

    /// <summary>Of a second with more of them, a fair sample (reservoir).</summary>
    private const int KeptPerSecond = 1000;

    private readonly Lock _gate = new();
    private readonly Random _random = new(1);
    private readonly LinkedList<Bucket> _buckets = new();

    public void Add(double milliseconds)
    {
        lock (_gate)
        {
            var second = time.GetUtcNow().ToUnixTimeSeconds();
            if (_buckets.Last?.Value.Second != second)
            {
                _buckets.AddLast(new Bucket(second));
                Forget(second);
            }

            var bucket = _buckets.Last!.Value;
            var place = bucket.Seen++ < KeptPerSecond ? bucket.Kept.Count : _random.NextInt64(bucket.Seen);
            if (place == bucket.Kept.Count)
            {
                bucket.Kept.Add(milliseconds);
            }
            else if (place < KeptPerSecond)
            {
                bucket.Kept[(int)place] = milliseconds;
            }
        }
    }

    public LatencySummary Summary()
    {
        lock (_gate)
        {
            Forget(time.GetUtcNow().ToUnixTimeSeconds());
            var all = _buckets.SelectMany(bucket => bucket.Kept).Order().ToList();
            return new(
                all.Count == 0 ? null : Quantile(all, 0.5),
                all.Count == 0 ? null : Quantile(all, 0.99),
                [.. _buckets.Select(bucket => (bucket.Second, Sorted: bucket.Kept.Order().ToList()))
                    .Select(bucket => new LatencyPoint(bucket.Second, Quantile(bucket.Sorted, 0.5), Quantile(bucket.Sorted, 0.99)))]);
        }
    }

    /// <summary>The smallest value that this part of all values does not exceed.</summary>
    internal static double Quantile(IReadOnlyList<double> sorted, double part) =>
        sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];

    private void Forget(long now)
    {
        while (_buckets.First is { } first && first.Value.Second <= now - SecondsKept)
        {
            _buckets.RemoveFirst();
        }
    }

    private sealed class Bucket(long second)
    {
        public long Second { get; } = second;

        public long Seen { get; set; }

        public List<double> Kept { get; } = [];
    }
}
