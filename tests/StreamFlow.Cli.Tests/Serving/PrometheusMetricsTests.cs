using System.Diagnostics.Metrics;
using StreamFlow.Cli.Serving;

namespace StreamFlow.Cli.Tests.Serving;

public sealed class PrometheusMetricsTests
{
    [Fact]
    public void Instruments_are_told_by_the_names_and_in_the_form_of_Prometheus()
    {
        string name = $"test-{Guid.NewGuid()}";
        using PrometheusMetrics metrics = new(name);
        using Meter meter = new(name);
        Counter<long> requests = meter.CreateCounter<long>("a.requests", "{request}", "Requests \\ and more.");
        Histogram<double> duration = meter.CreateHistogram("b.duration", "s", "Times.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        long size = 5;
        meter.CreateObservableGauge("c.size", () => new Measurement<long>(size, new KeyValuePair<string, object?>("topic", "say \"a\"")), "By", "Bytes.");
        meter.CreateCounter<long>("d.unused");
        requests.Add(2, new KeyValuePair<string, object?>("api", "Fetch"));
        requests.Add(1, new KeyValuePair<string, object?>("api", "Fetch"));
        duration.Record(0.1);
        duration.Record(0.5);
        duration.Record(7);

        Assert.Equal(
            """
            # HELP a_requests_total Requests \\ and more.
            # TYPE a_requests_total counter
            a_requests_total{api="Fetch"} 3
            # HELP b_duration_seconds Times.
            # TYPE b_duration_seconds histogram
            b_duration_seconds_bucket{le="0.1"} 1
            b_duration_seconds_bucket{le="1"} 2
            b_duration_seconds_bucket{le="+Inf"} 3
            b_duration_seconds_sum{} 7.6
            b_duration_seconds_count{} 3
            # HELP c_size_bytes Bytes.
            # TYPE c_size_bytes gauge
            c_size_bytes{topic="say \"a\""} 5

            """,
            metrics.Text());

        size = 6;
        Assert.Contains("c_size_bytes{topic=\"say \\\"a\\\"\"} 6\n", metrics.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Meters_of_another_name_are_left_out()
    {
        using PrometheusMetrics metrics = new("mine");
        using Meter meter = new("theirs");
        meter.CreateCounter<long>("a").Add(1);

        Assert.Equal("", metrics.Text());
    }
}
