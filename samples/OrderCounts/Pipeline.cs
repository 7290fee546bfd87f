using StreamFlow;
using StreamFlow.Serialization;

namespace OrderCounts;

/// <summary>
/// The main job: placed orders, counted and summed per product category and 10-minute window.
/// </summary>
internal static class Pipeline
{
    public const string Orders = "orders";
    public const string OrderCounts = "order-counts";
    public static readonly TimeSpan WindowSize = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    public static long WindowMs => (long)WindowSize.TotalMilliseconds;

    public static void Describe(StreamsBuilder builder, Ledger ledger)
    {
        builder.Serdes.Add(new JsonSerde<Order>(OrderJson.Default.Order));
        builder.Serdes.Add(new JsonSerde<CategoryCount>(OrderJson.Default.CategoryCount));

        builder.Stream<string, Order>(Orders)
            .Filter((_, order) => IsPlaced(order, ledger))
            .GroupBy((_, order) => order.Category, new() { Name = "by-category" })
            .WindowedBy(TumblingWindows.Of(WindowSize, Grace))
            .Aggregate(() => CategoryCount.None, (_, order, total) => Count(order, total, ledger), new() { Name = "counts" })
            .ToStream()
            .To(OrderCounts);
    }

    private static bool IsPlaced(Order order, Ledger ledger)
    {
        var placed = order.Status == "placed";
        if (!placed)
        {
            ledger.AddFiltered();
        }

        return placed;
    }

    private static CategoryCount Count(Order order, CategoryCount total, Ledger ledger)
    {
        ledger.AddCounted();
        return total.Plus(order);
    }
}
