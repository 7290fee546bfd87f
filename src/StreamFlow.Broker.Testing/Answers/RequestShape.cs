namespace StreamFlow.Broker.Testing;

/// <summary>A topic as a request names it: by its name, or from some version on by its id.</summary>
internal readonly record struct NamedTopic(string? Name, Guid Id);

/// <summary>What must be known of an API's requests to script faults of it.</summary>
/// <param name="Api">The API.</param>
/// <param name="Read">Reads the body of a request.</param>
/// <param name="Fail">Makes the answer that has an error wherever the answer to this request has a place for one, and nothing else.</param>
/// <param name="Topics">The topics that a request names; null for an API that names none.</param>
internal sealed record RequestShape(
    BrokerApi Api,
    RequestShape.Reader Read,
    Func<object, ErrorCode, short, IResponse> Fail,
    Func<object, IEnumerable<NamedTopic>>? Topics)
{
    public delegate object Reader(ref WireReader reader);

    /// <summary>The first version with compact lengths and tag sections.</summary>
    public short FlexibleFrom { get; } = KafkaApis.Find((ApiKey)Api)!.FlexibleFrom;

    public static RequestShape Of<T>(
        BrokerApi api, Func<T, ErrorCode, short, IResponse> fail, Func<T, IEnumerable<NamedTopic>>? topics = null)
        where T : class, IRequest<T> => new(
            api,
            static (ref WireReader reader) => T.Read(ref reader),
            (request, error, version) => fail((T)request, error, version),
            topics is null ? null : request => topics((T)request));

    /// <summary>As <see cref="Of{T}"/>, of an answer that is the same for every request in every version.</summary>
    public static RequestShape Flat<T>(BrokerApi api, Func<ErrorCode, IResponse> fail)
        where T : class, IRequest<T> => Of<T>(api, (_, error, _) => fail(error));
}
