using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>An order with all fields of its topic.</summary>
internal sealed class Order
{
    public string OrderId { get; set; } = "";

    public string CustomerId { get; set; } = "";

    public string Category { get; set; } = "";

    public string Region { get; set; } = "";

    public string Status { get; set; } = "";

    public double Amount { get; set; }

    public long Ts { get; set; }
}

internal sealed class Customer
{
    public string CustomerId { get; set; } = "";

    public string Name { get; set; } = "";

    public string Tier { get; set; } = "";

    public string Country { get; set; } = "";

    public int Since { get; set; }
}

internal sealed class Payment
{
    public string PaymentId { get; set; } = "";

    public string OrderId { get; set; } = "";

    public string Method { get; set; } = "";

    public double Amount { get; set; }

    public long Ts { get; set; }
}

/// <summary>An order with what is known of its customer.</summary>
internal sealed class EnrichedOrder
{
    public string OrderId { get; set; } = "";

    public string CustomerId { get; set; } = "";

    public string Name { get; set; } = "";

    public string Tier { get; set; } = "";

    public double Amount { get; set; }

    public static EnrichedOrder Of(Order order, Customer customer) => new()
    {
        OrderId = order.OrderId,
        CustomerId = order.CustomerId,
        Name = customer.Name,
        Tier = customer.Tier,
        Amount = order.Amount,
    };
}

/// <summary>An order with its payment.</summary>
internal sealed class PaidOrder
{
    public string OrderId { get; set; } = "";

    public string CustomerId { get; set; } = "";

    public string PaymentId { get; set; } = "";

    public string Method { get; set; } = "";

    public double Amount { get; set; }

    public static PaidOrder Of(Order order, Payment payment) => new()
    {
        OrderId = order.OrderId,
        CustomerId = order.CustomerId,
        PaymentId = payment.PaymentId,
        Method = payment.Method,
        Amount = order.Amount,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Customer))]
[JsonSerializable(typeof(Payment))]
[JsonSerializable(typeof(EnrichedOrder))]
[JsonSerializable(typeof(PaidOrder))]
internal sealed partial class ModelJson : JsonSerializerContext;

/// <summary>Number and sum in cents of the orders of a window, and the time of the last one.</summary>
internal readonly record struct Totals(long Count, long Cents, long Last)
{
    public Totals Plus(Order order) => new(Count + 1, Cents + (long)Math.Round(order.Amount * 100), order.Ts);

    public string Json(string category, long windowStart) =>
        $"{{\"category\":\"{category}\",\"windowStart\":{windowStart},\"count\":{Count},\"cents\":{Cents},\"last\":{Last}}}";
}

/// <summary>Three numbers of 8 bytes, big-endian.</summary>
internal sealed class TotalsSerde : ISerde<Totals>
{
    private const int Size = 3 * sizeof(long);

    public void Serialize(Totals value, IBufferWriter<byte> writer)
    {
        var span = writer.GetSpan(Size);
        BinaryPrimitives.WriteInt64BigEndian(span, value.Count);
        BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], value.Cents);
        BinaryPrimitives.WriteInt64BigEndian(span[(2 * sizeof(long))..], value.Last);
        writer.Advance(Size);
    }

    public Totals Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == Size
            ? new(
                BinaryPrimitives.ReadInt64BigEndian(data),
                BinaryPrimitives.ReadInt64BigEndian(data[sizeof(long)..]),
                BinaryPrimitives.ReadInt64BigEndian(data[(2 * sizeof(long))..]))
            : throw new FormatException($"Totals take {Size} bytes; got {data.Length}.");
}
