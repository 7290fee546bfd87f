namespace StreamFlow.Broker.Security;

/// <summary>What access rules are about, by Kafka's number on the wire.</summary>
internal enum AclResourceType : sbyte
{
    Unknown = 0,
    Any = 1,
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
    DelegationToken = 6,
    User = 7,
}

/// <summary>How the name of a rule is compared, by Kafka's number on the wire.</summary>
internal enum AclPatternType : sbyte
{
    Unknown = 0,

    /// <summary>In filters only: whatever the pattern.</summary>
    Any = 1,

    /// <summary>In filters only: all rules that concern a name, whatever their pattern.</summary>
    Match = 2,
    Literal = 3,
    Prefixed = 4,
}

/// <summary>What somebody wants to do, by Kafka's number on the wire.</summary>
internal enum AclOperation : sbyte
{
    Unknown = 0,
    Any = 1,
    All = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
    TwoPhaseCommit = 15,
}

/// <summary>Whether a rule lets or forbids, by Kafka's number on the wire.</summary>
internal enum AclPermission : sbyte
{
    Unknown = 0,
    Any = 1,
    Deny = 2,
    Allow = 3,
}
