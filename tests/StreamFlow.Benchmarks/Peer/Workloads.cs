using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>The workloads as a user of StreamFlow writes them, equal to those of the Kafka Streams peer.</summary>
internal static class Workloads
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(30);

    // Sessions are short and many: with more grace hardly any is late when partitions run apart during a drain.
    private static readonly TimeSpan SessionGrace = TimeSpan.FromMinutes(10);

    // The data's event time is fixed and past: the broker must not expire changelogs by its clock.
    private static readonly Dictionary<string, string> KeepForever = new() { ["retention.ms"] = "-1" };
    private static readonly JsonSerde<Order> Orders = new(ModelJson.Default.Order);
    private static readonly JsonSerde<Customer> Customers = new(ModelJson.Default.Customer);
    private static readonly JsonSerde<Payment> Payments = new(ModelJson.Default.Payment);

    public static Workload Of(string name) => name switch
    {
        "passthrough" => new(PassThrough, ["raw100"], OutputKind.Bytes) { Expected = static (_, records) => records },
        "ordercount" => new(OrderCount, ["orders"], OutputKind.Totals) { Expected = Generator.PlacedOrders, Repartitions = true },
        "join" => new(Join, ["orders", "customers"], OutputKind.Amounts) { Expected = static (_, orders) => orders, Repartitions = true },
        "streamjoin" => new(StreamJoin, ["orders-s", "payments-s"], OutputKind.Amounts)
        {
            Expected = static (seed, orders) => Generator.PaymentsWithin(JoinTime, seed, orders),
        },
        "session" => new(Session, ["orders-s"], OutputKind.Counts) { Expected = Generator.PlacedOrders, Repartitions = true },
        _ => throw new ArgumentException(
            $"Unknown workload '{name}'; there are passthrough, ordercount, join, streamjoin and session."),
    };

    private static void PassThrough(StreamsBuilder builder, WorkloadTopics topics) =>
        builder.Stream<byte[], byte[]>(
                topics.Inputs[0], new() { ValueSerde = new CountingSerde<byte[]>(Serdes.Bytes, topics.InputSteps) })
            .To(topics.Output);

    private static void OrderCount(StreamsBuilder builder, WorkloadTopics topics) =>
        ReadOrders(builder, topics)
            .Filter((_, order) => order.Status == "placed")
            .GroupBy(
                (_, order) => order.Category,
                new() { Name = "by-category", ValueSerde = new CountingSerde<Order>(Orders, topics.RepartitionSteps) })
            .WindowedBy(TumblingWindows.Of(Window, Grace))
            .Aggregate(
                () => default(Totals),
                (_, order, totals) => totals.Plus(order),
                new() { Name = "counts", ValueSerde = new TotalsSerde(), TopicConfigs = KeepForever })
            .ToStream()
            .Map((window, totals) =>
                ($"{window.Key}@{window.Window.Start}", totals.Json(window.Key, window.Window.Start)))
            .To(topics.Output);

    private static void Join(StreamsBuilder builder, WorkloadTopics topics)
    {
        // The keys are counted: they are read from the topic only, the values from the store as well.
        var customers = builder.Table<string, Customer>(
            topics.Inputs[1],
            new() { KeySerde = new CountingSerde<string>(Serdes.String, topics.InputSteps), ValueSerde = Customers },
            new() { Name = "customers-store" });
        ReadOrders(builder, topics)
            .SelectKey((_, order) => order.CustomerId)
            .Join(
                customers,
                EnrichedOrder.Of,
                new() { Name = "by-customer", ValueSerde = new CountingSerde<Order>(Orders, topics.RepartitionSteps) })
            .To(topics.Output, new() { ValueSerde = new JsonSerde<EnrichedOrder>(ModelJson.Default.EnrichedOrder) });
    }

    private static void StreamJoin(StreamsBuilder builder, WorkloadTopics topics)
    {
        var payments = builder.Stream<string, Payment>(
            topics.Inputs[1], new() { ValueSerde = new CountingSerde<Payment>(Payments, topics.InputSteps) });
        ReadOrders(builder, topics)
            .Join(
                payments,
                PaidOrder.Of,
                JoinWindows.Of(JoinTime, Grace),
                new() { Name = "paid", StoreName = "paid", ValueSerde = Orders, OtherValueSerde = Payments, TopicConfigs = KeepForever })
            .To(topics.Output, new() { ValueSerde = new JsonSerde<PaidOrder>(ModelJson.Default.PaidOrder) });
    }

    private static void Session(StreamsBuilder builder, WorkloadTopics topics) =>
        ReadOrders(builder, topics)
            .Filter((_, order) => order.Status == "placed")
            .GroupBy(
                (_, order) => order.CustomerId,
                new() { Name = "by-customer", ValueSerde = new CountingSerde<Order>(Orders, topics.RepartitionSteps) })
            .WindowedBy(SessionWindows.Of(Gap, SessionGrace))
            .Count(new() { Name = "sessions", TopicConfigs = KeepForever })

            // A session that has grown or merged is taken back under its old name, without a count: so the function takes the record.
            .ToStream(record => SessionName(record.Key))
            .To(topics.Output);

    private static string SessionName(Windowed<string> session) => $"{session.Key}@{session.Window.Start}-{session.Window.End}";

    private static KStream<string, Order> ReadOrders(StreamsBuilder builder, WorkloadTopics topics) =>
        builder.Stream<string, Order>(
            topics.Inputs[0], new() { ValueSerde = new CountingSerde<Order>(Orders, topics.InputSteps) });
}
