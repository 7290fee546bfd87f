using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>The workloads as a user of StreamFlow writes them, equal to those of the Kafka Streams peer.</summary>
internal static class Workloads
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    public static string DefaultInput(string workload) => workload switch
    {
        "passthrough" => "raw100",
        "ordercount" => "orders",
        _ => throw new ArgumentException($"Unknown workload '{workload}'; there are passthrough and ordercount."),
    };

    public static Topology Build(string workload, string input, string output, Steps inputs, Steps repartitioned)
    {
        var builder = new StreamsBuilder();
        if (workload == "passthrough")
        {
            PassThrough(builder, input, output, inputs);
        }
        else
        {
            OrderCount(builder, input, output, inputs, repartitioned);
        }

        return builder.Build();
    }

    private static void PassThrough(StreamsBuilder builder, string input, string output, Steps inputs) =>
        builder.Stream<byte[], byte[]>(input, new() { ValueSerde = new CountingSerde<byte[]>(Serdes.Bytes, inputs) })
            .To(output);

    private static void OrderCount(
        StreamsBuilder builder, string input, string output, Steps inputs, Steps repartitioned)
    {
        var orders = new JsonSerde<Order>(ModelJson.Default.Order);
        builder.Stream<string, Order>(input, new() { ValueSerde = new CountingSerde<Order>(orders, inputs) })
            .Filter((_, order) => order.Status == "placed")
            .GroupBy(
                (_, order) => order.Category,
                new() { Name = "by-category", ValueSerde = new CountingSerde<Order>(orders, repartitioned) })
            .WindowedBy(TumblingWindows.Of(Window, Grace))
            .Aggregate(
                () => default(Totals),
                (_, order, totals) => totals.Plus(order),
                new()
                {
                    Name = "counts",
                    ValueSerde = new TotalsSerde(),

                    // The data's event time is fixed and past: the broker must not expire the changelog by its clock.
                    TopicConfigs = new Dictionary<string, string> { ["retention.ms"] = "-1" },
                })
            .ToStream()
            .Map((window, totals) =>
                ($"{window.Key}@{window.Window.Start}", totals.Json(window.Key, window.Window.Start)))
            .To(output);
    }
}
