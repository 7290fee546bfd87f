namespace StreamFlow.Clients;

/// <summary>That no broker answers, as an application's clients see it.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Servers">The addresses that were given.</param>
/// <param name="Reason">The first error of a client, in its own words.</param>
public sealed record BrokerOutage(DateTimeOffset Since, string Servers, string Reason);
