using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>Orders of one category in one 10-minute window.</summary>
internal readonly record struct OrderRow(string Category, long WindowStart);

/// <summary>What <c>order-counts</c> says of a row.</summary>
internal readonly record struct OrderTotal(long Count, long Cents);

/// <summary>
/// Sends orders with what must come of them. Their times cover two windows and end before the first one's grace does, so
/// that none can be late in whatever order they are processed.
/// </summary>
internal sealed class OrderLoad : IDisposable
{
    public const string Orders = "orders";
    public const string Counts = "order-counts";
    private const long WindowMs = 600_000;
    private static readonly string[] Categories = ["books", "coffee", "garden", "music", "toys"];
    private readonly Random _random;
    private readonly IProducer<string?, byte[]?> _producer;
    private readonly long _start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / WindowMs * WindowMs;
    private readonly Dictionary<OrderRow, OrderTotal> _expected = [];
    private readonly CancellationTokenSource _stop = new();
    private Error? _failure;
    private Task _running = Task.CompletedTask;
    private int _sent;

    public OrderLoad(TestCluster cluster, int seed)
    {
        _random = new Random(seed);
        _producer = new Probe(cluster.BootstrapServers).Producer();
    }

    public IReadOnlyDictionary<OrderRow, OrderTotal> Expected => _expected;

    public int Sent => _sent;

    /// <summary>The last total of each row on <c>order-counts</c>.</summary>
    public static Dictionary<OrderRow, OrderTotal> ReadCounts(TestCluster cluster)
    {
        var rows = new Dictionary<OrderRow, OrderTotal>();
        foreach (var result in new Probe(cluster.BootstrapServers).ReadAll(Counts))
        {
            var key = result.Message.Key;
            using var json = JsonDocument.Parse(result.Message.Value);
            rows[new OrderRow(Encoding.UTF8.GetString(key.AsSpan()[..^8]), BinaryPrimitives.ReadInt64BigEndian(key.AsSpan()[^8..]))] =
                new OrderTotal(json.RootElement.GetProperty("count").GetInt64(), json.RootElement.GetProperty("cents").GetInt64());
        }

        return rows;
    }

    public void Send(int orders)
    {
        for (var i = 0; i < orders; i++)
        {
            SendOne();
        }
    }

    /// <summary>Sends about 2,000 orders per second until <see cref="FinishAsync"/>.</summary>
    public void SendSteadily() => _running = Task.Run(async () =>
    {
        while (!_stop.IsCancellationRequested)
        {
            Send(40);
            await Task.Delay(20);
        }
    });

    /// <summary>Ends the sending; everything is acknowledged then.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Assert.Equal(0, _producer.Flush(TimeSpan.FromSeconds(60)));
        Assert.Null(_failure);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _running.Wait();
        _producer.Dispose();
        _stop.Dispose();
    }

    private void SendOne()
    {
        var category = Categories[_random.Next(Categories.Length)];
        var placed = _random.Next(10) < 8;
        var cents = _random.Next(1, 10_000);
        var timestamp = _start + _random.Next(650_000);
        var id = string.Create(CultureInfo.InvariantCulture, $"o{_sent++}");
        var status = placed ? "placed" : "cancelled";
        Produce(new Message<string?, byte[]?>
        {
            Key = id,
            Value = Encoding.UTF8.GetBytes(
                $$"""{"orderId":"{{id}}","category":"{{category}}","region":"eu","status":"{{status}}","cents":{{cents}}}"""),
            Timestamp = new Timestamp(timestamp, TimestampType.CreateTime),
        });
        if (placed)
        {
            var row = new OrderRow(category, timestamp / WindowMs * WindowMs);
            var known = _expected.GetValueOrDefault(row);
            _expected[row] = new OrderTotal(known.Count + 1, known.Cents + cents);
        }
    }

    /// <summary>A broker that is away for long fills the client's queue.</summary>
    private void Produce(Message<string?, byte[]?> order)
    {
        while (true)
        {
            try
            {
                _producer.Produce(Orders, order, report => _failure = report.Error.IsError ? report.Error : _failure);
                return;
            }
            catch (ProduceException<string?, byte[]?> exception) when (exception.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
