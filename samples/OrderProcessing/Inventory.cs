using StreamFlow.State;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>
/// The inventory service: reserves stock for every order and releases it when the charge fails. Everything about a product goes through one
/// partition, so that no two orders can get the same piece.
/// </summary>
internal static class Inventory
{
    public const string Name = "shop-inventory";

    public static void Describe(StreamsBuilder builder, ProductCodes codes)
    {
        Topics.AddSerdes(builder);
        var reserve = builder.Stream<string, Order>(Topics.OrderPlaced)
            .Map((id, order) => (codes.Read(order.Product), new StockRequest(MoveKind.Reserve, id, order.Quantity)), "read-code");
        var release = builder.Stream<string, Payment>(Topics.Payments)
            .FilterNot((_, payment) => payment.IsCharged, "declined")
            .Map((id, payment) => (payment.Product, new StockRequest(MoveKind.Release, id, payment.Quantity)), "compensate");
        var moves = builder.Stream<string, Delivery>(Topics.Deliveries)
            .MapValues(delivery => new StockRequest(MoveKind.Deliver, "", delivery.Quantity), "deliver")
            .Merge(reserve)
            .Merge(release)
            .Repartition(new() { Name = "by-product" })
            .Process(() => new StockKeeper(), new()
            {
                Name = "stock-keeper",
                Stores = [new KeyValueStoreBuilder<string, long>("stock"), new KeyValueStoreBuilder<string, int>("reservations")],
            });
        moves.MapValues(move => move.Left, "level").To(Topics.StockLevels);
        moves.Filter((_, move) => move.Kind != MoveKind.Deliver, "of-orders").SelectKey((_, move) => move.OrderId, "by-order").To(Topics.StockMoves);
    }

    /// <summary>Keeps the stock of each product, and what is reserved for each order. An order is answered once, however often it comes.</summary>
    private sealed class StockKeeper : ContextualProcessor<string, StockRequest, string, StockMove>
    {
        private IKeyValueStore<string, long> _stock = null!;
        private IKeyValueStore<string, int> _reservations = null!;

        public override void Init(ProcessorContext<string, StockMove> context)
        {
            base.Init(context);
            _stock = context.GetStateStore<IKeyValueStore<string, long>>("stock");
            _reservations = context.GetStateStore<IKeyValueStore<string, int>>("reservations");
        }

        public override void Process(Record<string, StockRequest> record)
        {
            var left = _stock.TryGet(record.Key, out var found) ? found : 0;
            var (kind, id, quantity) = (record.Value.Kind, record.Value.OrderId, record.Value.Quantity);
            switch (kind)
            {
                case MoveKind.Deliver:
                    left += quantity;
                    break;
                case MoveKind.Reserve:
                    kind = left >= quantity ? MoveKind.Reserve : MoveKind.Refuse;
                    var reserved = kind == MoveKind.Reserve ? quantity : 0;
                    if (!_reservations.PutIfAbsent(id, reserved, record.Timestamp))
                    {
                        return;
                    }

                    left -= reserved;
                    break;
                case MoveKind.Release when _reservations.TryGet(id, out var held) && held > 0:
                    _reservations.Put(id, 0, record.Timestamp);
                    left += held;
                    break;
                default:
                    return; // released before
            }

            _stock.Put(record.Key, left, record.Timestamp);
            Context.Forward(record.WithValue(new StockMove(kind, id, record.Key, quantity, left)));
        }
    }
}

/// <summary>Reads product codes: names, and since it was mended also the numbers of the old catalogue, as <c>#3</c>.</summary>
internal sealed class ProductCodes
{
    public static readonly string[] Products = ["espresso cup", "fountain pen", "notebook", "postcard set", "reading lamp", "tea tin"];

    /// <summary>Whether the handler is mended; in a real shop, a new release of the service.</summary>
    public bool IsMended { get; set; }

    /// <exception cref="FormatException">There is no such product.</exception>
    public string Read(string code)
    {
        if (Products.Contains(code))
        {
            return code;
        }

        return IsMended && code is ['#', >= '1' and <= '6'] ? Products[code[1] - '1'] : throw new FormatException($"'{code}' is no product.");
    }
}
