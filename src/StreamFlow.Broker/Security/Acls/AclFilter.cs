namespace StreamFlow.Broker.Security;

/// <summary>Which rules are meant, in questions and deletions. Null, or Any, leaves a field open.</summary>
internal readonly record struct AclFilter(
    AclResourceType ResourceType,
    string? ResourceName,
    AclPatternType PatternType,
    string? Principal,
    string? Host,
    AclOperation Operation,
    AclPermission Permission)
{
    /// <summary>Whether every field has a meaning; otherwise nothing could ever match.</summary>
    public bool IsKnown =>
        ResourceType is > AclResourceType.Unknown and <= AclResourceType.User
        && PatternType is > AclPatternType.Unknown and <= AclPatternType.Prefixed
        && Operation is > AclOperation.Unknown and <= AclOperation.TwoPhaseCommit
        && Permission is > AclPermission.Unknown and <= AclPermission.Allow;

    public bool Matches(in AclBinding acl) =>
        (ResourceType == AclResourceType.Any || ResourceType == acl.ResourceType)
        && MatchesName(acl)
        && (Principal is null || Principal == acl.Principal)
        && (Host is null || Host == acl.Host)
        && (Operation == AclOperation.Any || Operation == acl.Operation)
        && (Permission == AclPermission.Any || Permission == acl.Permission);

    private bool MatchesName(in AclBinding acl)
    {
        if (PatternType is not (AclPatternType.Any or AclPatternType.Match) && PatternType != acl.PatternType)
        {
            return false;
        }

        if (ResourceName is null)
        {
            return true;
        }

        if (PatternType != AclPatternType.Match)
        {
            return ResourceName == acl.ResourceName;
        }

        return acl.PatternType == AclPatternType.Literal
            ? acl.ResourceName == ResourceName || acl.ResourceName == AclBinding.Wildcard
            : ResourceName.StartsWith(acl.ResourceName, StringComparison.Ordinal);
    }
}
