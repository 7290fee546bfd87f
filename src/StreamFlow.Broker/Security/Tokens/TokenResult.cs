namespace StreamFlow.Broker.Security;

/// <summary>What a token says, or why it counts for nothing.</summary>
internal readonly record struct TokenResult(string? User, DateTimeOffset? Expires, string? Problem)
{
    public static TokenResult Valid(string user, DateTimeOffset expires) => new(user, expires, null);

    public static TokenResult Invalid(string problem) => new(null, null, problem);
}
