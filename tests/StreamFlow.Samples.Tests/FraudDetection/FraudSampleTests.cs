using FraudDetection;

namespace StreamFlow.Samples.Tests.FraudDetection;

public sealed class FraudSampleTests
{
    private static readonly SampleSettings Settings = new() { Count = 1500, Port = 0, Plain = true };

    [Fact]
    public async Task A_run_ends_with_a_verdict_for_each_payment_and_the_alerts_of_the_plain_rules()
    {
        using var output = new StringWriter();
        var code = await SampleHost.RunAsync(Settings, new FraudSample(), output);
        Assert.True(code == 0, output.ToString());
        Assert.Contains("payments judged, each once: 1,500", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("BALANCED", output.ToString().TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("NOT BALANCED", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_that_is_lost_does_not_balance()
    {
        using var output = new StringWriter();
        var sample = new FraudSample { Sends = payment => !payment.Id.EndsWith("7", StringComparison.Ordinal) };
        Assert.Equal(1, await SampleHost.RunAsync(Settings with { Count = 20 }, sample, output));
        Assert.Contains("MISMATCH  payments judged, each once: 20 expected, 18 as expected", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("NOT BALANCED", output.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Latencies_are_summed_up_by_quantiles()
    {
        Assert.Equal(1, LatencyMeter.Quantile([1], 0.99));
        Assert.Equal(2, LatencyMeter.Quantile([1, 2, 3, 4], 0.5));
        Assert.Equal(99, LatencyMeter.Quantile([.. Enumerable.Range(1, 100).Select(i => (double)i)], 0.99));
        var meter = new LatencyMeter(TimeProvider.System);
        Assert.Null(meter.Summary().P50);
        for (var i = 0; i < 5000; i++)
        {
            meter.Add(7);
        }

        Assert.Equal((7.0, 7.0), (meter.Summary().P50!.Value, meter.Summary().P99!.Value));
    }
}
