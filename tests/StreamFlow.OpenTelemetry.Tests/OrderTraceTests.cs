using System.Text;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;
using StreamFlow.Clients;
using StreamFlow.Testing;
using Xunit.Abstractions;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>The trace of one order, from its producer through repartition, aggregate and join, as a collector gets it by OTLP.</summary>
public sealed class OrderTraceTests(ITestOutputHelper output)
{
    private const string OrderTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string OrderParent = "b7ad6b7169203331";
    private const string PaymentTrace = "1af7651916cd43dd8448eb211c80319c";
    private const string PaymentParent = "c7ad6b7169203331";

    [Fact]
    public async Task The_trace_of_an_order_goes_through_repartition_aggregate_and_join_to_a_collector()
    {
        await using var collector = await TraceCollector.StartAsync();
        var kafka = Kafka();
        using (var provider = Provider(collector.Endpoint))
        await using (var application = await StartAsync(kafka))
        {
            Send(kafka, "payments", "books", "paid", PaymentTrace, PaymentParent);
            await AddStreamFlowTests.Until(() => kafka.Read(new TopicPartition("seen", 0)).Count == 1, "the payment");
            Send(kafka, "orders", "o1", "books", OrderTrace, OrderParent);
            await AddStreamFlowTests.Until(() => kafka.Read(new TopicPartition("out", 0)).Count == 1, "the result");
            await AddStreamFlowTests.Until(
                () =>
                {
                    provider.ForceFlush();
                    return collector.Spans.Any(span => span.Name == "join PAID-this-join") && collector.Spans.Any(IsBatch);
                },
                "the spans");
        }

        var tree = collector.Draw([OrderTrace, PaymentTrace]);
        output.WriteLine(tree);
        var file = Repository.PathOf("artifacts/trace.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, tree);
        CheckTree(collector.Spans);
    }

    private static void CheckTree(IReadOnlyList<CollectedSpan> spans)
    {
        var order = Child(spans, OrderParent, "process orders");
        var repartitioned = Child(spans, order.SpanId, "process traced-by-category-repartition");
        var counted = Child(spans, repartitioned.SpanId, "aggregate COUNT");
        var joined = Child(spans, counted.SpanId, "join PAID-this-join");
        var payment = Child(spans, PaymentParent, "process payments");

        Assert.All([order, repartitioned, counted, joined], span => Assert.Equal(OrderTrace, span.TraceId));
        Assert.Equal(["consumer", "consumer", "internal", "internal"], [order.Kind, repartitioned.Kind, counted.Kind, joined.Kind]);
        Assert.Equal([repartitioned.SpanId], counted.Links);
        Assert.Equal([counted.SpanId, payment.SpanId], joined.Links);
        Assert.Equal("COUNT", counted.Attributes["streamflow.operator"]);
        Assert.All([order, repartitioned, payment], span => Assert.Contains(Assert.Single(span.Links), spans.Where(IsBatch).Select(b => b.SpanId)));
        Assert.Equal(PaymentTrace, payment.TraceId);
        (string, string)[] expected =
        [
            ("messaging.consumer.group.name", "traced"), ("messaging.destination.name", "orders"),
            ("messaging.destination.partition.id", "0"), ("messaging.kafka.offset", "0"), ("messaging.operation.name", "process"),
            ("messaging.operation.type", "process"), ("messaging.system", "kafka"), ("streamflow.application.id", "traced"),
            ("streamflow.task.id", "1_0"),
        ];
        Assert.Equal(expected, order.Attributes.Select(pair => (pair.Key, pair.Value)));
    }

    private static CollectedSpan Child(IReadOnlyList<CollectedSpan> spans, string parent, string name) =>
        Assert.Single(spans, span => span.ParentId == parent && span.Name == name);

    private static bool IsBatch(CollectedSpan span) => span.Name == "process traced";

    private static TracerProvider Provider(Uri endpoint) => Sdk.CreateTracerProviderBuilder()
        .AddStreamFlow()
        .AddOtlpExporter(options => (options.Endpoint, options.Protocol) = (endpoint, OtlpExportProtocol.HttpProtobuf))
        .Build();

    private static InMemoryKafka Kafka()
    {
        var kafka = new InMemoryKafka();
        foreach (var topic in new[] { "orders", "payments", "seen", "out" })
        {
            kafka.CreateTopic(topic, 1);
        }

        return kafka;
    }

    private static async Task<StreamsApplication> StartAsync(InMemoryKafka kafka)
    {
        var builder = new StreamsBuilder();
        var payments = builder.Stream<string, string>("payments");
        payments.To("seen");
        builder.Stream<string, string>("orders")
            .SelectKey((_, category) => category)
            .GroupByKey(new() { Name = "by-category" })
            .Count(new() { ProcessorName = "COUNT" })
            .ToStream()
            .Join(payments, (count, payment) => $"{count} {payment}", JoinWindows.Of(TimeSpan.FromMinutes(5), TimeSpan.Zero), new() { Name = "PAID" })
            .To("out");
        var options = new StreamFlowOptions
        {
            ApplicationId = "traced", CommitInterval = TimeSpan.FromMilliseconds(20), PollTimeout = TimeSpan.FromMilliseconds(10),
        };
        var application = new StreamsApplication(builder.Build(), options, kafka);
        await application.StartAsync();
        return application;
    }

    private static void Send(InMemoryKafka kafka, string topic, string key, string value, string trace, string parent) => kafka.Append(
        new TopicPartition(topic, 0), Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), 0,
        Headers.Empty.With("traceparent", Encoding.ASCII.GetBytes($"00-{trace}-{parent}-01")));
}
