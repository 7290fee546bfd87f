namespace StreamFlow.Broker.Testing;

/// <summary>
/// The shape of every API that the broker answers. What goes wrong with a request is told as Apache Kafka's own clients make it of an
/// exception (<c>AbstractRequest.getErrorResponse</c>): the error stands in every place that the answer has for one, once for each topic,
/// partition, group or resource that the request names.
/// </summary>
internal static class RequestShapes
{
    /// <summary>By API.</summary>
    public static IReadOnlyDictionary<BrokerApi, RequestShape> All { get; } = new[]
    {
        RecordShapes.All, TopicShapes.All, GroupShapes.All, TransactionShapes.All, ConfigShapes.All, SecurityShapes.All,
    }.SelectMany(static shapes => shapes).ToDictionary(static shape => shape.Api);

    public static RequestShape? Find(short key) => All.GetValueOrDefault((BrokerApi)key);

    /// <summary>As an array, which is what messages have.</summary>
    internal static TResult[] Each<T, TResult>(IEnumerable<T>? items, Func<T, TResult> make) => items is null ? [] : [.. items.Select(make)];

    internal static IEnumerable<NamedTopic> Names(IEnumerable<string?> names) => names.Select(static name => new NamedTopic(name, Guid.Empty));
}
