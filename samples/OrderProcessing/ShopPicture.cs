using Microsoft.Extensions.DependencyInjection;
using StreamFlow.State;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>The newest orders, as the order service's table tells of them.</summary>
internal sealed class OrderBoard
{
    private const int OrdersShown = 22;
    private readonly SortedDictionary<string, OrderView> _orders = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public void Watch(IObservable<Record<string, OrderView>> orders) => orders.Subscribe(record =>
    {
        lock (_gate)
        {
            _orders[record.Key] = record.Value;
            if (_orders.Count > OrdersShown)
            {
                _orders.Remove(_orders.Keys.First());
            }
        }
    });

    public IReadOnlyList<object> Newest()
    {
        lock (_gate)
        {
            return [.. _orders.Reverse().Select(o => new { Id = o.Key, o.Value.Stage, o.Value.Product, o.Value.Quantity, o.Value.Cents })];
        }
    }
}

/// <summary>What the page shows: read from the stores of the running services, so what is committed.</summary>
internal sealed class ShopPicture(IServiceProvider services, OrderBoard board, DeadLetters letters, ProductCodes codes)
{
    public object Take()
    {
        var stages = Rows<StageTotal>(Orders.Name, "stages");
        return new
        {
            Stages = Enum.GetValues<Stage>().Select(s => new { Stage = s, Total = stages.GetValueOrDefault(s.ToString(), StageTotal.None) }),
            Stock = Rows<long>(Inventory.Name, "stock").Select(row => new { Product = row.Key, Left = row.Value }),
            Newest = board.Newest(),
            Unreadable = letters.Count,
            codes.IsMended,
        };
    }

    public OrderView? Order(string id)
    {
        try
        {
            return Store<OrderView>(Orders.Name, "orders").TryGet(id, out var order) ? order : null;
        }
        catch (StoreQueryException exception) when (exception.IsTransient)
        {
            return null; // the service starts or stops
        }
    }

    private SortedDictionary<string, T> Rows<T>(string service, string store)
    {
        try
        {
            return new(Store<T>(service, store).All().ToDictionary(row => row.Key, row => row.Value.Value), StringComparer.Ordinal);
        }
        catch (StoreQueryException)
        {
            return new(StringComparer.Ordinal); // the service starts or stops
        }
    }

    private IReadOnlyKeyValueStore<string, T> Store<T>(string service, string store) =>
        services.GetRequiredKeyedService<StreamsApplication>(service).Stores.KeyValue<string, T>(store);
}
