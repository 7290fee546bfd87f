using System.Text.Json.Serialization;

namespace StreamFlow.Broker.Security;

/// <summary>One rule: who may, or may not, do what to what, from where.</summary>
/// <param name="ResourceType">What kind of thing.</param>
/// <param name="ResourceName">Its name, the beginning of its name, or <see cref="Wildcard"/>.</param>
/// <param name="PatternType">Literal or prefixed.</param>
/// <param name="Principal">Who, as <c>User:name</c>; <c>User:*</c> is everybody.</param>
/// <param name="Host">From which address, or <see cref="Wildcard"/>.</param>
/// <param name="Operation">What they want to do.</param>
/// <param name="Permission">Allow or deny.</param>
internal readonly record struct AclBinding(
    AclResourceType ResourceType,
    string ResourceName,
    AclPatternType PatternType,
    string Principal,
    string Host,
    AclOperation Operation,
    AclPermission Permission)
{
    public const string Wildcard = "*";

    /// <summary>The only name that the cluster has.</summary>
    public const string ClusterName = "kafka-cluster";

    /// <summary>What is wrong with it as a rule to store, in words for the client; null if nothing is.</summary>
    [JsonIgnore]
    public string? Problem
    {
        get
        {
            if (ResourceType is <= AclResourceType.Any or > AclResourceType.User)
            {
                return $"Resource type {(sbyte)ResourceType} cannot be in a rule; give that of a topic, group, cluster, "
                    + "transactional id, delegation token or user.";
            }

            if (PatternType is not (AclPatternType.Literal or AclPatternType.Prefixed))
            {
                return $"Pattern type {(sbyte)PatternType} cannot be in a rule; give literal (3) or prefixed (4).";
            }

            if (string.IsNullOrEmpty(ResourceName))
            {
                return "Invalid empty resource name; give a name or *.";
            }

            if (ResourceType == AclResourceType.Cluster && ResourceName != ClusterName)
            {
                return $"The only valid name for the CLUSTER resource is {ClusterName}.";
            }

            return EntryProblem();
        }
    }

    private string? EntryProblem()
    {
        if (Operation is <= AclOperation.Any or > AclOperation.TwoPhaseCommit)
        {
            return $"Operation {(sbyte)Operation} cannot be in a rule.";
        }

        if (Permission is not (AclPermission.Allow or AclPermission.Deny))
        {
            return $"Permission type {(sbyte)Permission} cannot be in a rule; give deny (2) or allow (3).";
        }

        if (string.IsNullOrEmpty(Host))
        {
            return "Invalid empty host; give an address or *.";
        }

        int colon = Principal?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon <= 0 || colon == Principal!.Length - 1
            ? $"The principal '{Principal}' is not of the form type:name, such as User:alice."
            : null;
    }
}
