using StreamFlow.Samples.OrderProcessing;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.OrderProcessing;

public sealed class TopologyTests
{
    private static readonly Order Order = new("o1", "ann", "notebook", 2, 1_500, "4000-1234");

    [Fact]
    public void Stock_is_reserved_while_there_is_some_and_released_when_the_charge_fails()
    {
        using var driver = Inventory(new ProductCodes());
        var deliveries = driver.CreateInputTopic<string, Delivery>(Topics.Deliveries);
        var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
        var payments = driver.CreateInputTopic<string, Payment>(Topics.Payments);
        var moves = driver.CreateOutputTopic<string, StockMove>(Topics.StockMoves);

        deliveries.Pipe("notebook", new Delivery(3));
        orders.Pipe("o1", Order);
        orders.Pipe("o2", Order with { OrderId = "o2" });
        payments.Pipe("o1", new Payment("o1", "notebook", 2, 1_500, IsCharged: false));
        orders.Pipe("o3", Order with { OrderId = "o3" });

        Assert.Equal(
            [
                new("o1", new StockMove(MoveKind.Reserve, "o1", "notebook", 2, 1)),
                new("o2", new StockMove(MoveKind.Refuse, "o2", "notebook", 2, 1)),
                new("o1", new StockMove(MoveKind.Release, "o1", "notebook", 2, 3)),
                new("o3", new StockMove(MoveKind.Reserve, "o3", "notebook", 2, 1)),
            ],
            moves.ReadKeyValues());
        Assert.Equal(1, driver.CreateOutputTopic<string, long>(Topics.StockLevels).ReadTable()["notebook"]);
    }

    [Fact]
    public void An_order_that_comes_twice_and_a_release_that_comes_twice_change_nothing()
    {
        using var driver = Inventory(new ProductCodes());
        driver.CreateInputTopic<string, Delivery>(Topics.Deliveries).Pipe("notebook", new Delivery(9));
        var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
        var payments = driver.CreateInputTopic<string, Payment>(Topics.Payments);
        for (var i = 0; i < 2; i++)
        {
            orders.Pipe("o1", Order);
        }

        for (var i = 0; i < 2; i++)
        {
            payments.Pipe("o1", new Payment("o1", "notebook", 2, 1_500, IsCharged: false));
        }

        Assert.Equal(9, driver.GetKeyValueStore<string, long>("stock").All().Single().Value.Value);
        Assert.Equal(2, driver.CreateOutputTopic<string, StockMove>(Topics.StockMoves).Count);
    }

    [Fact]
    public void A_code_that_inventory_cannot_read_is_a_dead_letter_until_it_is_mended()
    {
        var codes = new ProductCodes();
        using var driver = Inventory(codes);
        driver.CreateInputTopic<string, Delivery>(Topics.Deliveries).Pipe("notebook", new Delivery(9));
        var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
        orders.Pipe("o1", Order with { Product = "#3" });

        var letter = driver.CreateOutputTopic<string, Order>(
            Topics.InventoryDead, Serialization.Serdes.String, SampleJson.Serde<Order>()).ReadRecord();
        Assert.Equal(Order with { Product = "#3" }, letter.Value);
        Assert.Equal("'#3' is no product.", Text(letter, "__streams.errors.message"));
        Assert.Equal(Topics.OrderPlaced, Text(letter, "__streams.errors.topic"));

        codes.IsMended = true;
        orders.Pipe("o1", letter.Value);
        Assert.Equal("notebook", driver.CreateOutputTopic<string, StockMove>(Topics.StockMoves).ReadRecord().Value.Product);
    }

    [Theory]
    [InlineData("4000-1234", true)]
    [InlineData("4000-1230", false)]
    public void An_order_is_charged_once_when_it_is_reserved_whichever_comes_first(string card, bool isCharged)
    {
        foreach (var reservedFirst in new[] { true, false })
        {
            var builder = new StreamsBuilder();
            Billing.Describe(builder);
            using var driver = new TopologyTestDriver(builder.Build());
            var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
            var moves = driver.CreateInputTopic<string, StockMove>(Topics.StockMoves);
            void Reserve() => moves.Pipe("o1", new StockMove(MoveKind.Reserve, "o1", "notebook", 2, 1), 1_000);
            void Place() => orders.Pipe("o1", Order with { Product = "#3", Card = card }, 1_000);

            (reservedFirst ? (Action)Reserve : Place)();
            Assert.True(driver.CreateOutputTopic<string, Payment>(Topics.Payments).IsEmpty);
            (reservedFirst ? (Action)Place : Reserve)();
            Place(); // replayed

            Assert.Equal(
                new Payment("o1", "notebook", 2, 1_500, isCharged), Assert.Single(driver.CreateOutputTopic<string, Payment>(Topics.Payments).ReadAll()).Value);
        }
    }

    [Fact]
    public void Refused_stock_and_declined_cards_cancel_an_order_and_a_charge_confirms_it()
    {
        var builder = new StreamsBuilder();
        Orders.Describe(builder);
        using var driver = new TopologyTestDriver(builder.Build());
        var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
        var moves = driver.CreateInputTopic<string, StockMove>(Topics.StockMoves);
        var payments = driver.CreateInputTopic<string, Payment>(Topics.Payments);
        foreach (var id in new[] { "o1", "o2", "o3", "o4" })
        {
            orders.Pipe(id, Order with { OrderId = id });
        }

        moves.Pipe("o1", new StockMove(MoveKind.Refuse, "o1", "notebook", 2, 0));
        moves.Pipe("o2", new StockMove(MoveKind.Reserve, "o2", "notebook", 2, 0));
        payments.Pipe("o2", new Payment("o2", "notebook", 2, 1_500, true));
        payments.Pipe("o3", new Payment("o3", "notebook", 2, 1_500, false));
        moves.Pipe("o3", new StockMove(MoveKind.Reserve, "o3", "notebook", 2, 0)); // late: the order does not go back

        var outcomes = driver.CreateOutputTopic<string, Outcome>(Topics.Outcomes).ReadAll();
        Assert.Equal(
            [("o1", false, "out of stock"), ("o2", true, ""), ("o3", false, "the card was declined")],
            outcomes.Select(o => (o.Key, o.Value.IsConfirmed, o.Value.Reason)));
        var stages = driver.GetKeyValueStore<string, StageTotal>("stages");
        Assert.True(stages.TryGet("Cancelled", out var cancelled) && cancelled == new StageTotal(2, 3_000));
        Assert.True(stages.TryGet("Confirmed", out var confirmed) && confirmed == new StageTotal(1, 1_500));
        Assert.True(stages.TryGet("Placed", out var placed) && placed == new StageTotal(1, 1_500));
    }

    [Fact]
    public void A_customer_is_told_once_how_the_order_has_ended()
    {
        var builder = new StreamsBuilder();
        Notifications.Describe(builder);
        using var driver = new TopologyTestDriver(builder.Build());
        var orders = driver.CreateInputTopic<string, Order>(Topics.OrderPlaced);
        orders.Pipe("o1", Order, 1_000);
        driver.CreateInputTopic<string, Outcome>(Topics.Outcomes).Pipe("o1", new Outcome("o1", true, "", "notebook", 2, 1_500), 1_000);
        orders.Pipe("o1", Order, 1_000);

        var told = Assert.Single(driver.CreateOutputTopic<string, Notification>(Topics.Notifications).ReadAll());
        Assert.Equal(new Notification("ann", "Your order o1 is confirmed: 2 x notebook."), told.Value);
    }

    private static TopologyTestDriver Inventory(ProductCodes codes)
    {
        var builder = new StreamsBuilder();
        StreamFlow.Samples.OrderProcessing.Inventory.Describe(builder, codes);
        return new TopologyTestDriver(builder.Build(), new()
        {
            Application = new StreamFlowOptions
            {
                ApplicationId = "inventory",
                DeadLetterTopic = Topics.InventoryDead,
                ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.DeadLetter,
            },
        });
    }

    private static string Text<TKey, TValue>(Record<TKey, TValue> record, string header) =>
        record.Headers!.TryGetLast(header, out var value) ? System.Text.Encoding.UTF8.GetString(value!) : "";
}
