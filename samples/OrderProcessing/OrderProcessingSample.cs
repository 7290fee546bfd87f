using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>A shop of four services that know each other by topics only.</summary>
internal sealed class OrderProcessingSample : ISample
{
    private const int DeliveredAtFirst = 120;
    private const int OneOldCodeIn = 60;
    private const int TurnsBetweenDeliveries = 100;
    private readonly ProductCodes _codes = new();
    private readonly DeadLetters _letters = new();
    private readonly OrderBoard _board = new();
    private ShopBooks? _books;
    private readonly Lock _gate = new();
    private bool _isMending;
    private long _placedByHand;

    public string Name => "order-processing";

    public string Summary => "A shop of four services: orders are reserved, charged, and confirmed or cancelled, exactly once.";

    public int DefaultRate => 40;

    public IReadOnlyList<SampleTopic> Topics =>
    [
        new(OrderProcessing.Topics.OrderPlaced), new(OrderProcessing.Topics.Deliveries), new(OrderProcessing.Topics.StockMoves),
        new(OrderProcessing.Topics.Payments), new(OrderProcessing.Topics.Outcomes), new(OrderProcessing.Topics.Notifications),
        new(OrderProcessing.Topics.InventoryDead, Partitions: 1),
        new(OrderProcessing.Topics.StockLevels) { Configs = { ["cleanup.policy"] = "compact" } },
    ];

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        _books = new ShopBooks(run.Books, _letters);
        services.AddStreamFlow(Orders.Name, (topology, _) => _board.Watch(Orders.Describe(topology)), run.Configure);
        services.AddStreamFlow(Inventory.Name, (topology, _) => Inventory.Describe(topology, _codes), options =>
        {
            run.Configure(options);
            options.Streams.DeadLetterTopic = OrderProcessing.Topics.InventoryDead;
            options.Streams.ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.DeadLetter;
        });
        services.AddStreamFlow(Billing.Name, (topology, _) => Billing.Describe(topology), run.Configure);
        services.AddStreamFlow(Notifications.Name, (topology, _) => Notifications.Describe(topology), run.Configure);
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run)
    {
        var picture = new ShopPicture(run.Services, _board, _letters, _codes);
        endpoints.MapFeed("/live", picture.Take, TimeSpan.FromMilliseconds(250));
        endpoints.MapGet("/orders/{id}", Results<Ok<OrderView>, NotFound> (string id) =>
            picture.Order(id) is { } order ? TypedResults.Ok(order) : TypedResults.NotFound());
        endpoints.MapPost("/orders", (OrderRequest request) => PlaceAsync(request, run));
        endpoints.MapPost("/mend", async () => new { Replayed = await MendAsync(run) });
    }

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        var random = new Random(run.Settings.Seed);
        await foreach (var turn in run.TurnsAsync(stop))
        {
            if (turn % TurnsBetweenDeliveries == 0)
            {
                Deliver(run, turn == 0 ? DeliveredAtFirst : 0, random);
            }

            Place(run, $"{run.Id}-{turn:D7}", random);
        }

        await MendAsync(run);
    }

    private void Place(SampleRun run, string id, Random random)
    {
        var product = random.Next(ProductCodes.Products.Length);
        var isOld = random.Next(OneOldCodeIn) == 0;
        lock (_gate)
        {
            // Once inventory is being mended nobody could say any more whether an old code is read or set aside.
            isOld &= !_isMending;
            var code = isOld ? $"#{product + 1}" : ProductCodes.Products[product];
            var order = new Order(
                id, $"customer {random.Next(1000)}", code, 1 + random.Next(3), 250 + random.Next(9_750), $"4000-{random.Next(10_000):D4}");
            _books!.Place(order, isUnreadable: isOld);
            run.Sender.Send(OrderProcessing.Topics.OrderPlaced, id, order);
        }
    }

    private void Deliver(SampleRun run, int atLeast, Random random)
    {
        foreach (var product in ProductCodes.Products)
        {
            var quantity = atLeast + random.Next(40);
            _books!.Deliver(product, quantity);
            run.Sender.Send(OrderProcessing.Topics.Deliveries, product, new Delivery(quantity));
        }
    }

    /// <summary>The order service's API: 202 when the order is on the topic; what becomes of it is at its address.</summary>
    private async Task<Results<Accepted<Order>, ValidationProblem>> PlaceAsync(OrderRequest request, SampleRun run)
    {
        if (request.Errors() is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var id = $"{run.Id}-by-hand-{Interlocked.Increment(ref _placedByHand):D4}";
        var order = new Order(id, "you", request.Product, request.Quantity, request.Quantity * 1_250L, request.Card);
        _books!.Place(order, isUnreadable: false);
        await run.Sender.SendAsync(OrderProcessing.Topics.OrderPlaced, id, order);
        return TypedResults.Accepted($"/orders/{id}", order);
    }

    /// <summary>Mends inventory, and replays what it could not process before.</summary>
    private async Task<int> MendAsync(SampleRun run)
    {
        lock (_gate)
        {
            _isMending = true;
        }

        run.Sender.Flush();
        await _books!.UnreadableSetAsideAsync(run.Settings.Patience);
        _codes.IsMended = true;
        return _letters.Replay(run.Sender);
    }
}

/// <summary>An order as the page sends it.</summary>
internal sealed record OrderRequest(string Product, int Quantity, string Card)
{
    public Dictionary<string, string[]> Errors()
    {
        var errors = new Dictionary<string, string[]>();
        if (!ProductCodes.Products.Contains(Product))
        {
            errors["product"] = [$"'{Product}' is no product; there are {string.Join(", ", ProductCodes.Products)}."];
        }

        if (Quantity is < 1 or > 99)
        {
            errors["quantity"] = [$"Quantity is {Quantity}; give a number from 1 to 99."];
        }

        if (string.IsNullOrWhiteSpace(Card))
        {
            errors["card"] = ["Card is missing; any number will do, and those that end with 0 are declined."];
        }

        return errors;
    }
}
