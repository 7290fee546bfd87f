namespace StreamFlow.Broker;

/// <summary>
/// Who may do what: access rules with the meaning of Apache Kafka's StandardAuthorizer. They are stored in the data directory
/// and changed by its tools and admin clients.
/// </summary>
public sealed record BrokerAuthorization
{
    /// <summary>Who may do everything, such as <c>User:admin</c>; Kafka's <c>super.users</c>. Without one nobody can add rules.</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string> SuperUsers { get; init; } = [];

    /// <summary>
    /// Whether what no rule is about is open to everybody; Kafka's <c>allow.everyone.if.no.acl.found</c>.
    /// </summary>
    /// <value>Default false.</value>
    public bool AllowEveryoneIfNoAclFound { get; init; }
}
