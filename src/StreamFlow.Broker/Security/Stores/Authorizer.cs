namespace StreamFlow.Broker.Security;

/// <summary>Says who may do what: super users everything, the others what the stored rules let them.</summary>
internal sealed class Authorizer(SecurityStore store, IEnumerable<string> superUsers, bool allowEveryoneWithoutAcls)
{
    /// <summary>No name that anybody would give; asked for whether somebody may do something to whatever there is.</summary>
    private const string AnyName = "hardcode";

    private readonly HashSet<string> _superUsers = [.. superUsers];

    public bool Allows(in Caller caller, AclOperation operation, AclResourceType type, string name) =>
        _superUsers.Contains(caller.Principal)
        || store.Acls.Allows(caller.Principal, caller.Host, operation, type, name, allowEveryoneWithoutAcls);

    /// <summary>Whether there can be any thing of this kind that the caller may do this to.</summary>
    public bool AllowsAny(in Caller caller, AclOperation operation, AclResourceType type) =>
        Allows(caller, operation, type, AnyName)
        || store.Acls.AllowsAny(caller.Principal, caller.Host, operation, type);
}
