using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Access rules as administrators see and change them.</summary>
internal sealed class AclHandler(SecurityStore store, bool isOn, BrokerLog log)
{
    private const string Off = "No Authorizer is configured.";
    private const string Unknown = "The filter has a resource type, pattern type, operation or permission that is unknown.";

    public DescribeAclsResponse Describe(DescribeAclsRequest request, RequestContext context)
    {
        AclFilter filter = new(
            (AclResourceType)request.ResourceTypeFilter, request.ResourceNameFilter, (AclPatternType)request.PatternTypeFilter,
            request.PrincipalFilter, request.HostFilter, (AclOperation)request.Operation, (AclPermission)request.PermissionType);
        (ErrorCode error, string? message) = Refuse(AclOperation.Describe, context);
        if (error == ErrorCode.None && !filter.IsKnown)
        {
            (error, message) = (ErrorCode.InvalidRequest, Unknown);
        }

        return new DescribeAclsResponse
        {
            ErrorCode = error,
            ErrorMessage = message,
            Resources = error != ErrorCode.None ? [] :
            [
                .. store.Acls.All.Where(acl => filter.Matches(acl))
                    .GroupBy(static x => (x.ResourceType, x.ResourceName, x.PatternType))
                    .Select(static x => new DescribeAclsResponseResources
                    {
                        ResourceType = (sbyte)x.Key.ResourceType,
                        ResourceName = x.Key.ResourceName,
                        PatternType = (sbyte)x.Key.PatternType,
                        Acls = [.. x.Select(Entry)],
                    }),
            ],
        };
    }

    public CreateAclsResponse Create(CreateAclsRequest request, RequestContext context)
    {
        (ErrorCode error, string? message) = Refuse(AclOperation.Alter, context);
        AclBinding[] acls = [.. request.Creations.Select(static x => new AclBinding(
            (AclResourceType)x.ResourceType, x.ResourceName, (AclPatternType)x.ResourcePatternType, x.Principal, x.Host,
            (AclOperation)x.Operation, (AclPermission)x.PermissionType))];
        if (error == ErrorCode.None)
        {
            (error, message) = Store(() => store.AddAcls([.. acls.Where(static x => x.Problem is null)]));
        }

        return new CreateAclsResponse
        {
            Results =
            [
                .. acls.Select(acl => error != ErrorCode.None || acl.Problem is null
                    ? new CreateAclsResponseResults { ErrorCode = error, ErrorMessage = message }
                    : new CreateAclsResponseResults { ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = acl.Problem }),
            ],
        };
    }

    public DeleteAclsResponse Delete(DeleteAclsRequest request, RequestContext context)
    {
        (ErrorCode error, string? message) = Refuse(AclOperation.Alter, context);
        AclFilter[] filters = [.. request.Filters.Select(static x => new AclFilter(
            (AclResourceType)x.ResourceTypeFilter, x.ResourceNameFilter, (AclPatternType)x.PatternTypeFilter, x.PrincipalFilter,
            x.HostFilter, (AclOperation)x.Operation, (AclPermission)x.PermissionType))];
        IReadOnlyList<IReadOnlyList<AclBinding>> matched = [.. filters.Select(static _ => (IReadOnlyList<AclBinding>)[])];
        if (error == ErrorCode.None)
        {
            // A filter that is not understood matches nothing.
            (error, message) = Store(() => matched = store.RemoveAcls(filters));
        }

        return new DeleteAclsResponse
        {
            FilterResults =
            [
                .. filters.Zip(matched, (filter, acls) => error != ErrorCode.None || filter.IsKnown
                    ? new DeleteAclsResponseFilterResults
                    {
                        ErrorCode = error,
                        ErrorMessage = message,
                        MatchingAcls = [.. acls.Select(Deleted)],
                    }
                    : new DeleteAclsResponseFilterResults { ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = Unknown }),
            ],
        };
    }

    private static DescribeAclsResponseAcls Entry(AclBinding acl) => new()
    {
        Principal = acl.Principal,
        Host = acl.Host,
        Operation = (sbyte)acl.Operation,
        PermissionType = (sbyte)acl.Permission,
    };

    private static DeleteAclsResponseMatchingAcls Deleted(AclBinding acl) => new()
    {
        ErrorMessage = null,
        ResourceType = (sbyte)acl.ResourceType,
        ResourceName = acl.ResourceName,
        PatternType = (sbyte)acl.PatternType,
        Principal = acl.Principal,
        Host = acl.Host,
        Operation = (sbyte)acl.Operation,
        PermissionType = (sbyte)acl.Permission,
    };

    private (ErrorCode Error, string? Message) Refuse(AclOperation operation, RequestContext context) =>
        !isOn ? (ErrorCode.SecurityDisabled, Off)
        : context.MayCluster(operation) ? (ErrorCode.None, null)
        : (ErrorCode.ClusterAuthorizationFailed, RequestContext.NotAllowed);

    private (ErrorCode Error, string? Message) Store(Action change)
    {
        try
        {
            change();
            return (ErrorCode.None, null);
        }
        catch (FullFileException exception)
        {
            return (ErrorCode.PolicyViolation, exception.Message);
        }
        catch (IOException exception)
        {
            SecurityLog.NotStored(log, exception.Message);
            return (ErrorCode.KafkaStorageError, "The rules could not be written.");
        }
    }
}
