using StreamFlow.Reactive;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>The order service: decides from what the others have done how an order ends, and knows where each one is.</summary>
internal static class Orders
{
    public const string Name = "shop-orders";

    /// <returns>The orders as they move, for the page.</returns>
    public static RecordObservable<string, OrderView> Describe(StreamsBuilder builder)
    {
        Topics.AddSerdes(builder);
        var placed = builder.Stream<string, Order>(Topics.OrderPlaced);
        var moves = builder.Stream<string, StockMove>(Topics.StockMoves);
        var payments = builder.Stream<string, Payment>(Topics.Payments);

        // An order ends at one of two places, once: its goods are refused, or its charge is decided.
        moves.Filter((_, move) => move.Kind == MoveKind.Refuse, "refused")
            .MapValues(move => new Outcome(move.OrderId, false, "out of stock", move.Product, move.Quantity, 0), "cancel")
            .Merge(payments.MapValues(
                p => new Outcome(p.OrderId, p.IsCharged, p.IsCharged ? "" : "the card was declined", p.Product, p.Quantity, p.Cents), "conclude"))
            .To(Topics.Outcomes);

        var orders = placed.GroupByKey().Cogroup<OrderView>((_, order, view) => view.With(order))
            .Cogroup(moves.GroupByKey(), (_, move, view) => view.At(StageAfter(move.Kind)))
            .Cogroup(payments.GroupByKey(), (_, payment, view) => view.At(payment.IsCharged ? Stage.Confirmed : Stage.Cancelled))
            .Aggregate(() => OrderView.None, new() { Name = "orders" });
        orders.GroupBy((_, view) => (view.Stage.ToString(), view), new() { Name = "by-stage" })
            .Aggregate(() => StageTotal.None, (_, view, t) => t.Plus(view), (_, view, t) => t.Minus(view), new() { Name = "stages" });
        return orders.AsObservable(new ObservationOptions { SlowObserver = SlowObserver.Latest });
    }

    private static Stage StageAfter(MoveKind kind) => kind switch
    {
        MoveKind.Reserve => Stage.Reserved,
        _ => Stage.Cancelled, // refused, or released because the charge has failed
    };
}
