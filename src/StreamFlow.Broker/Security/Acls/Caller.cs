namespace StreamFlow.Broker.Security;

/// <summary>Somebody at the other end of a connection.</summary>
/// <param name="Principal">Who, as <c>User:name</c>.</param>
/// <param name="Host">The address they come from.</param>
internal readonly record struct Caller(string Principal, string Host)
{
    /// <summary>Who those are that nobody has authenticated.</summary>
    public const string Anonymous = "User:ANONYMOUS";
}
