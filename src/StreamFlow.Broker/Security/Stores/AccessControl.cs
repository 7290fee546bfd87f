namespace StreamFlow.Broker.Security;

/// <summary>Who may do what, with a line in the log for those who may not.</summary>
internal sealed class AccessControl(Authorizer authorizer, RepeatedLog refusals)
{
    public Authorizer Authorizer => authorizer;

    /// <summary>Whether somebody may do something; a refusal is written down, those of an API together.</summary>
    public bool May(in Caller caller, ApiKey api, AclOperation operation, AclResourceType type, string name)
    {
        bool allowed = authorizer.Allows(caller, operation, type, name);
        if (!allowed)
        {
            SecurityLog.Refused(refusals, caller, api, operation, type, name);
        }

        return allowed;
    }
}
