namespace StreamFlow.Samples.OrderProcessing;

/// <summary>The books of the shop.</summary>
internal sealed class ShopBooks
{
    private readonly BookOnce<string> _ended;
    private readonly BookTable<string, long> _stock;
    private readonly BookSum _charged;
    private readonly BookOnce<string> _notified;
    private readonly BookOnce<string> _unreadable;

    public ShopBooks(Books books, DeadLetters letters)
    {
        _ended = books.Once<string>("orders confirmed or cancelled, each once");
        _stock = books.Table<string, long>("products whose stock is delivered - confirmed");
        _charged = books.Sum("cents charged = cents confirmed");
        _notified = books.Once<string>("customers notified, once for each order");
        _unreadable = books.Once<string>("unreadable orders set aside, to be replayed");

        books.Read(Topics.Outcomes, record =>
        {
            _ended.See(record.Key);
            if (record.Value<Outcome>() is { IsConfirmed: true } confirmed)
            {
                _stock.Expect(confirmed.Product, left => left - confirmed.Quantity, 0);
                _charged.Expect(confirmed.Cents);
            }
        });

        // What is left of an earlier run on the same brokers is where this one begins.
        books.Read(Topics.StockLevels, record => _stock.See(record.Key, record.WholeNumber), earlier: record =>
        {
            _stock.Expect(record.Key, record.WholeNumber);
            _stock.See(record.Key, record.WholeNumber);
        });
        books.Read(Topics.Payments, record =>
        {
            if (record.Value<Payment>() is { IsCharged: true } payment)
            {
                _charged.See(payment.Cents);
            }
        });
        books.Read(Topics.Notifications, record => _notified.See(record.Key));
        books.Read(Topics.InventoryDead, record =>
        {
            letters.Add(record);
            _unreadable.See(record.Key);
        });
    }

    public void Deliver(string product, int quantity) => _stock.Expect(product, left => left + quantity, 0);

    public void Place(Order order, bool isUnreadable)
    {
        _ended.Expect(order.OrderId);
        _notified.Expect(order.OrderId);
        if (isUnreadable)
        {
            _unreadable.Expect(order.OrderId);
        }
    }

    /// <summary>Waits until all unreadable orders are dead letters; not for ever, for then the books say what is missing.</summary>
    public async Task UnreadableSetAsideAsync(TimeSpan patience)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!_unreadable.Balances && TimeProvider.System.GetElapsedTime(began) < patience)
        {
            await Task.Delay(20);
        }
    }
}
