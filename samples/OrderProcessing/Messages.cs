namespace StreamFlow.Samples.OrderProcessing;

/// <summary>Topics of the shop. All are keyed by the order's id, but deliveries and stock levels, which are keyed by product.</summary>
internal static class Topics
{
    public const string OrderPlaced = "shop.order-placed";
    public const string Deliveries = "shop.deliveries";
    public const string StockMoves = "shop.stock-moves";
    public const string StockLevels = "shop.stock-levels";
    public const string Payments = "shop.payments";
    public const string Outcomes = "shop.order-outcomes";
    public const string Notifications = "shop.notifications";
    public const string InventoryDead = "shop.inventory-dead";

    /// <summary>What belongs to one order comes within an hour of its event time; a replay may bring it up to a day later.</summary>
    public static readonly JoinWindows OneOrder = JoinWindows.Of(TimeSpan.FromHours(1), grace: TimeSpan.FromDays(1));

    public static void AddSerdes(StreamsBuilder builder)
    {
        builder.Serdes.Add(SampleJson.Serde<Order>());
        builder.Serdes.Add(SampleJson.Serde<Delivery>());
        builder.Serdes.Add(SampleJson.Serde<StockRequest>());
        builder.Serdes.Add(SampleJson.Serde<StockMove>());
        builder.Serdes.Add(SampleJson.Serde<Payment>());
        builder.Serdes.Add(SampleJson.Serde<Outcome>());
        builder.Serdes.Add(SampleJson.Serde<Notification>());
        builder.Serdes.Add(SampleJson.Serde<OrderView>());
        builder.Serdes.Add(SampleJson.Serde<StageTotal>());
    }
}

/// <summary>What a customer wants.</summary>
internal sealed record Order(string OrderId, string Customer, string Product, int Quantity, long Cents, string Card);

/// <summary>Goods that have come in.</summary>
internal sealed record Delivery(int Quantity);

internal enum MoveKind
{
    Deliver,
    Reserve,
    Refuse,
    Release,
}

/// <summary>What inventory is asked to do with a product.</summary>
internal sealed record StockRequest(MoveKind Kind, string OrderId, int Quantity);

/// <summary>What inventory has done.</summary>
internal sealed record StockMove(MoveKind Kind, string OrderId, string Product, int Quantity, long Left);

/// <summary>What billing has done.</summary>
internal sealed record Payment(string OrderId, string Product, int Quantity, long Cents, bool IsCharged);

/// <summary>How an order has ended.</summary>
internal sealed record Outcome(string OrderId, bool IsConfirmed, string Reason, string Product, int Quantity, long Cents);

/// <summary>What the customer is told.</summary>
internal sealed record Notification(string Customer, string Text);

/// <summary>Where an order is, in the order it gets there.</summary>
internal enum Stage
{
    Placed,
    Reserved,
    Confirmed,
    Cancelled,
}

/// <summary>An order as its page shows it. Its events come from several topics, in whatever order: it never goes back.</summary>
internal sealed record OrderView(Stage Stage, string Product, int Quantity, long Cents)
{
    public static readonly OrderView None = new(Stage.Placed, "", 0, 0);

    public OrderView With(Order order) => this with { Product = order.Product, Quantity = order.Quantity, Cents = order.Cents };

    public OrderView At(Stage stage) => this with { Stage = stage > Stage ? stage : Stage };
}

/// <summary>Orders of a stage, and their amounts together.</summary>
internal sealed record StageTotal(long Orders, long Cents)
{
    public static readonly StageTotal None = new(0, 0);

    public StageTotal Plus(OrderView order) => new(Orders + 1, Cents + order.Cents);

    public StageTotal Minus(OrderView order) => new(Orders - 1, Cents - order.Cents);
}
