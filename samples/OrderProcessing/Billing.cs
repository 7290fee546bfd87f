namespace StreamFlow.Samples.OrderProcessing;

/// <summary>The billing service: gets every order, and charges it when its goods are reserved.</summary>
internal static class Billing
{
    public const string Name = "shop-billing";

    public static void Describe(StreamsBuilder builder)
    {
        Topics.AddSerdes(builder);
        var orders = builder.Stream<string, Order>(Topics.OrderPlaced);
        var reservations = builder.Stream<string, StockMove>(Topics.StockMoves).Filter((_, move) => move.Kind == MoveKind.Reserve, "reserved");

        // Whichever of the two comes first waits for the other. Inventory has read the product's code; the order may have an old one.
        var due = orders.Join(
            reservations, (order, reserved) => order with { Product = reserved.Product }, Topics.OneOrder, new() { Name = "due", StoreName = "due" });
        OncePerKey<Order>.Of(due, "charged").MapValues(Charge, "charge").To(Topics.Payments);
    }

    /// <summary>
    /// Stands for the payment provider. A real one is outside of the transaction: after a crash it is called again for the same order, so the
    /// order's id must be its idempotency key. This one is a function of its input, which comes to the same.
    /// </summary>
    private static Payment Charge(Order order) =>
        new(order.OrderId, order.Product, order.Quantity, order.Cents, IsCharged: !order.Card.EndsWith('0'));
}
