using System.Diagnostics;
using StreamFlow.Clients;
using StreamFlow.Tests.Runtime;
using StreamFlow.Tracing;

namespace StreamFlow.Tests.Tracing;

/// <summary>Which records without a trace begin one.</summary>
[Collection(TraceCollection.Name)]
public sealed class RecordSamplingTests : IDisposable
{
    private const string Sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Unsampled = "00-2af7651916cd43dd8448eb211c80319c-d7ad6b7169203331-00";
    private readonly RecordedSpans _spans = new();

    public void Dispose() => _spans.Dispose();

    [Fact]
    public async Task A_share_of_records_without_a_trace_begins_one()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").To("out"), options => options.RecordSampling = 0.25);

        for (var i = 0; i < 2000; i++)
        {
            harness.Send("in", 0, "k", $"{i}");
        }

        Send(harness, Unsampled);
        Send(harness, Sampled);
        await AppHarness.Until(() => Records().Any(span => span.ParentId == Sampled), "the last record");

        var chosen = Records().Where(span => span.ParentSpanId == default).Select(Offset).ToList();
        Assert.InRange(chosen.Count, 400, 600);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i).Where(i => RecordSampling.Chooses(0.25, 0, i)), chosen.Order());
        Assert.Equal(chosen.Count, Records().Where(span => span.ParentSpanId == default).Select(span => span.TraceId).Distinct().Count());
        Assert.DoesNotContain(Records(), span => Offset(span) == 2000);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 100_000)]
    [InlineData(0.01, 1000)]
    public void The_share_is_that_of_all_records_of_all_partitions(double share, int expected)
    {
        var chosen = Enumerable.Range(0, 100_000).Count(i => RecordSampling.Chooses(share, i % 7, i / 7));

        Assert.InRange(chosen, expected * 0.85, expected * 1.15);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_that_is_none_is_refused(double share)
    {
        var options = AppHarness.Options();
        options.RecordSampling = share;

        var problem = Assert.Single(options.Validate());

        Assert.Contains("RecordSampling", problem, StringComparison.Ordinal);
    }

    private static void Send(AppHarness harness, string parent) => harness.Kafka.Append(
        new TopicPartition("in", 0), "k"u8.ToArray(), "v"u8.ToArray(), 0, Headers.Empty.With("traceparent", parent));

    private static long Offset(Activity span) => (long)span.GetTagItem("messaging.kafka.offset")!;

    private List<Activity> Records() => [.. _spans.Ended.Where(span => span.OperationName == "process in")];
}
