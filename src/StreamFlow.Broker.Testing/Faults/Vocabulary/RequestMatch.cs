namespace StreamFlow.Broker.Testing;

/// <summary>Which requests a scripted fault strikes.</summary>
public sealed record RequestMatch
{
    /// <summary>The first request struck, counted from 1 among those that match after the fault was scripted.</summary>
    /// <value>Default: 1, the next one.</value>
    public int Nth { get; init; } = 1;

    /// <summary>How many requests in a row are struck; <see cref="int.MaxValue"/> for all, until the fault is lifted.</summary>
    /// <value>Default: 1.</value>
    public int Times { get; init; } = 1;

    /// <summary>Only requests that name this topic; <see langword="null"/> for whatever they name.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public string? Topic { get; init; }

    /// <summary>Only requests of clients with this <c>client.id</c>; <see langword="null"/> for every client.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public string? ClientId { get; init; }

    /// <summary>Only requests of which this says yes; it is asked last. It is called on the broker's threads.</summary>
    /// <value>Default: <see langword="null"/>, every request.</value>
    public Func<BrokerRequest, bool>? When { get; init; }
}

/// <summary>A request on its way to the broker.</summary>
/// <param name="Api">What it asks.</param>
/// <param name="Version">The version of the API that it is written in.</param>
/// <param name="ClientId">The <c>client.id</c> of its sender; empty when it has none.</param>
/// <param name="Topics">The topics that it names; empty when it names none. An id that no topic has is left out.</param>
public sealed record BrokerRequest(BrokerApi Api, int Version, string ClientId, IReadOnlyList<string> Topics);
