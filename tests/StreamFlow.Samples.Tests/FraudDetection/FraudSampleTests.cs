using FraudDetection;

namespace StreamFlow.Samples.Tests.FraudDetection;

public sealed class FraudSampleTests
{
    [Fact]
    public async Task A_run_ends_with_a_verdict_for_each_payment_and_the_alerts_of_the_plain_rules()
    {
        var run = await RunOf.SampleAsync(new FraudSample(), new() { Count = 1500 });
        RunOf.AssertBalanced(run);
        Assert.Contains("payments judged, each once: 1,500", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_that_is_lost_does_not_balance()
    {
        var sample = new FraudSample { Sends = payment => !payment.Id.EndsWith('7') };
        var run = await RunOf.SampleAsync(sample, new() { Count = 20, Patience = TimeSpan.FromSeconds(3) });
        RunOf.AssertNotBalanced(run, "payments judged, each once: 20 expected, 18 as expected");
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
