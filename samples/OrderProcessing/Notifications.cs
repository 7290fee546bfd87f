namespace StreamFlow.Samples.OrderProcessing;

/// <summary>The notification service: gets every order, and tells its customer how it has ended.</summary>
internal static class Notifications
{
    public const string Name = "shop-notifications";

    public static void Describe(StreamsBuilder builder)
    {
        Topics.AddSerdes(builder);
        var orders = builder.Stream<string, Order>(Topics.OrderPlaced);
        var outcomes = builder.Stream<string, Outcome>(Topics.Outcomes);
        var news = orders.Join(outcomes, Write, Topics.OneOrder, new() { Name = "ended", StoreName = "ended" });
        OncePerKey<Notification>.Of(news, "notified").To(Topics.Notifications);
    }

    private static Notification Write(Order order, Outcome outcome) => new(order.Customer, outcome.IsConfirmed
        ? $"Your order {order.OrderId} is confirmed: {outcome.Quantity} x {outcome.Product}."
        : $"We had to cancel your order {order.OrderId}: {outcome.Reason}.");
}
