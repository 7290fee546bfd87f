using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrderCounts;

/// <summary>What is special about a generated order.</summary>
internal enum OrderKind
{
    Normal,

    /// <summary>Its window has been closed for minutes.</summary>
    Late,

    /// <summary>Its value is not an order.</summary>
    Malformed,
}

/// <summary>A generated order as it goes to the broker.</summary>
internal readonly record struct GeneratedOrder(string Key, byte[] Value, long Timestamp, OrderKind Kind, bool IsPlaced);

/// <summary>
/// Makes the same orders for the same seed and step, whatever the broker: event time advances by a step per order, each is
/// up to 2 s out of order, one in 500 comes 13 to 60 minutes late, one in 1000 is malformed.
/// </summary>
internal sealed class OrderGenerator(int seed, long startMs, long stepMs)
{
    private static readonly string[] Categories =
        ["books", "coffee", "garden", "music", "shoes", "sports", "tools", "toys"];

    private static readonly string[] Regions = ["eu", "us", "apac", "latam"];
    private readonly Random _random = new(seed);
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _index;

    /// <summary>Event time of the next order, before its disorder.</summary>
    public long NextTime => startMs + (_index * stepMs);

    public GeneratedOrder Next()
    {
        var now = NextTime;
        var id = string.Create(CultureInfo.InvariantCulture, $"o{_index++:D9}");
        var category = Categories[_random.Next(Categories.Length)];
        var region = Regions[_random.Next(Regions.Length)];
        var status = _random.Next(100) switch { < 75 => "placed", < 85 => "cancelled", < 95 => "shipped", _ => "returned" };
        var cents = 100 + _random.Next(49_901);
        var timestamp = Math.Max(startMs, now - _random.Next(2000));
        var chance = _random.Next(1000);
        var lateBy = _random.Next(13 * 60_000, 60 * 60_000);

        if (chance == 0)
        {
            var broken = Encoding.UTF8.GetBytes($$"""{"orderId":"{{id}}","category":""");
            return new GeneratedOrder(id, broken, timestamp, OrderKind.Malformed, IsPlaced: false);
        }

        var isLate = chance is 1 or 2 && now - lateBy >= startMs;
        var value = Json(new Order(id, category, region, status, cents));
        return new GeneratedOrder(
            id, value, isLate ? now - lateBy : timestamp, isLate ? OrderKind.Late : OrderKind.Normal, status == "placed");
    }

    private byte[] Json(Order order)
    {
        _buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_buffer))
        {
            JsonSerializer.Serialize(writer, order, OrderJson.Default.Order);
        }

        return _buffer.WrittenSpan.ToArray();
    }
}
