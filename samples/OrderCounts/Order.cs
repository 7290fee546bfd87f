using System.Text.Json.Serialization;

namespace OrderCounts;

/// <summary>An order as it arrives on <c>orders</c>, keyed by its id.</summary>
/// <param name="OrderId">Its id.</param>
/// <param name="Category">Product category.</param>
/// <param name="Region">Where it was placed.</param>
/// <param name="Status"><c>placed</c>, <c>cancelled</c>, <c>shipped</c> or <c>returned</c>.</param>
/// <param name="Cents">Amount in cents.</param>
internal sealed record Order(string OrderId, string Category, string Region, string Status, long Cents);

/// <summary>What is known of one category in one window, as it leaves on <c>order-counts</c>.</summary>
/// <param name="Count">Number of placed orders.</param>
/// <param name="Cents">Their amounts together, in cents.</param>
internal sealed record CategoryCount(long Count, long Cents)
{
    public static readonly CategoryCount None = new(0, 0);

    public CategoryCount Plus(Order order) => new(Count + 1, Cents + order.Cents);
}

/// <summary>JSON of the sample, generated at build time: no reflection, no surprise when trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(CategoryCount))]
internal sealed partial class OrderJson : JsonSerializerContext;
