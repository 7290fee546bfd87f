using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Access;

/// <summary>acls list, add and remove.</summary>
internal static class AclsCommand
{
    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "acls", "List, add and remove access control lists",
        [
            "streamflow acls add --principal User:alice --topic orders --producer",
            "streamflow acls add --principal User:bob --topic orders --group audit --consumer",
            "streamflow acls list",
        ],
        List(surroundings), Add(surroundings), Remove(surroundings)));

    private static Command List(Surroundings surroundings)
    {
        AclTarget target = new(isSearch: true);
        return CommandParts.Leaf(
            "list", "List ACLs, all or those that match", ["streamflow acls list --topic orders --resource-pattern-type match"], target.All, surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                // In an order of its own, since brokers have none; several filters may find the same one.
                HashSet<(sbyte Resource, string Name, sbyte Pattern, string Principal, string Host, sbyte Operation, sbyte Permission)> found = [];
                foreach (DeleteAclsRequestFilters filter in Filters(context, target))
                {
                    DescribeAclsResponse response = await any.SendAsync(Request(filter), context.Cancelled).ConfigureAwait(false);
                    Offsets.Throw(response.ErrorCode, "ACLs", response.ErrorMessage);
                    found.UnionWith(response.Resources.SelectMany(static r => r.Acls.Select(
                        a => (r.ResourceType, r.ResourceName, r.PatternType, a.Principal, a.Host, a.Operation, a.PermissionType))));
                }

                Table table = NewTable();
                foreach (var a in found.OrderBy(static a => a.Resource).ThenBy(static a => a.Name, StringComparer.Ordinal).ThenBy(static a => a.Pattern)
                    .ThenBy(static a => a.Principal, StringComparer.Ordinal).ThenBy(static a => a.Host, StringComparer.Ordinal).ThenBy(static a => a.Operation))
                {
                    Row(table, a.Resource, a.Name, a.Pattern, (a.Principal, a.Host, a.Operation, a.Permission));
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Command Add(Surroundings surroundings)
    {
        AclTarget target = new(isSearch: false);
        return CommandParts.Leaf(
            "add", "Allow, or deny, principals something",
            [
                "streamflow acls add --principal User:alice --topic orders --operation read --operation describe",
                "streamflow acls add --principal User:alice --topic orders- --resource-pattern-type prefixed --producer",
                "streamflow acls add --principal User:mallory --topic '*' --operation all --deny",
            ],
            target.All, surroundings,
            async context =>
            {
                List<CreateAclsRequestCreations> creations = Creations(context, target);
                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                CreateAclsResponse response = await any.SendAsync(new CreateAclsRequest { Creations = [.. creations] }, context.Cancelled).ConfigureAwait(false);
                Table table = NewTable();
                foreach ((CreateAclsRequestCreations c, CreateAclsResponseResults result) in creations.Zip(response.Results))
                {
                    Offsets.Throw(result.ErrorCode, $"ACL of {c.Principal} on {AclNames.Word(AclNames.Resources, c.ResourceType)} '{c.ResourceName}'", result.ErrorMessage);
                    Row(table, c.ResourceType, c.ResourceName, c.ResourcePatternType, (c.Principal, c.Host, c.Operation, c.PermissionType));
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Command Remove(Surroundings surroundings)
    {
        AclTarget target = new(isSearch: true);
        return CommandParts.Leaf(
            "remove", "Remove the ACLs that match", ["streamflow acls remove --principal User:alice --topic orders"], target.All, surroundings,
            async context =>
            {
                if (target.Rights(context).Count == 0 && target.Principals(context).Length == 0)
                {
                    throw new CommandException("That would remove every ACL there is; give --principal, --topic, --group, --transactional-id or --cluster.", ExitCode.Usage);
                }

                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                DeleteAclsResponse response = await any.SendAsync(
                    new DeleteAclsRequest { Filters = [.. Filters(context, target)] }, context.Cancelled).ConfigureAwait(false);
                Table table = NewTable();
                foreach (DeleteAclsResponseFilterResults result in response.FilterResults)
                {
                    Offsets.Throw(result.ErrorCode, "ACLs", result.ErrorMessage);
                    foreach (DeleteAclsResponseMatchingAcls a in result.MatchingAcls)
                    {
                        Offsets.Throw(a.ErrorCode, $"ACL of {a.Principal}", a.ErrorMessage);
                        Row(table, a.ResourceType, a.ResourceName, a.PatternType, (a.Principal, a.Host, a.Operation, a.PermissionType));
                    }
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    /// <summary>What is looked for: each of the rights, of each of the principals, from each of the hosts. What was not named may be any.</summary>
    private static IEnumerable<DeleteAclsRequestFilters> Filters(CommandContext context, AclTarget target) =>
        from right in target.Rights(context).Select(static r => (r.Resource, Name: (string?)r.Name, r.Operation)).DefaultIfEmpty(("any", null, "any"))
        from principal in target.Principals(context).Select(static p => (string?)p).DefaultIfEmpty(null)
        from host in target.Hosts(context).Select(static h => (string?)h).DefaultIfEmpty(null)
        select new DeleteAclsRequestFilters
        {
            ResourceTypeFilter = AclNames.Number(AclNames.Resources, right.Resource),
            ResourceNameFilter = right.Name,
            PatternTypeFilter = AclNames.Number(AclNames.Patterns, target.Pattern(context) ?? (right.Name is null ? "any" : "literal")),
            PrincipalFilter = principal,
            HostFilter = host,
            Operation = AclNames.Number(AclNames.Operations, right.Operation),
            PermissionType = AclNames.Number(AclNames.Permissions, target.IsDeny(context) ? "deny" : "any"),
        };

    private static DescribeAclsRequest Request(DeleteAclsRequestFilters filter) => new()
    {
        ResourceTypeFilter = filter.ResourceTypeFilter,
        ResourceNameFilter = filter.ResourceNameFilter,
        PatternTypeFilter = filter.PatternTypeFilter,
        PrincipalFilter = filter.PrincipalFilter,
        HostFilter = filter.HostFilter,
        Operation = filter.Operation,
        PermissionType = filter.PermissionType,
    };

    private static List<CreateAclsRequestCreations> Creations(CommandContext context, AclTarget target)
    {
        string[] principals = target.Principals(context);
        var rights = target.Rights(context);
        if (principals.Length == 0 || rights.Count == 0)
        {
            throw new CommandException("Who may do what? Give --principal, and --topic, --group, --transactional-id or --cluster.", ExitCode.Usage);
        }

        return
        [
            .. from principal in principals
               from host in target.Hosts(context).DefaultIfEmpty("*")
               from right in rights
               select new CreateAclsRequestCreations
               {
                   ResourceType = AclNames.Number(AclNames.Resources, right.Resource),
                   ResourceName = right.Name,
                   ResourcePatternType = AclNames.Number(AclNames.Patterns, target.Pattern(context) ?? "literal"),
                   Principal = principal,
                   Host = host,
                   Operation = AclNames.Number(AclNames.Operations, right.Operation == "any" ? "all" : right.Operation),
                   PermissionType = AclNames.Number(AclNames.Permissions, target.IsDeny(context) ? "deny" : "allow"),
               },
        ];
    }

    private static Table NewTable() => new(
        new("Principal", "principal"), new("Permission", "permission"), new("Operation", "operation"), new("Resource", "resourceType"), new("Name", "resourceName"),
        new("Pattern", "patternType"), new("Host", "host"));

    private static void Row(Table table, sbyte resource, string name, sbyte pattern, (string Principal, string Host, sbyte Operation, sbyte Permission) acl) => table.Add(
        acl.Principal, AclNames.Word(AclNames.Permissions, acl.Permission), AclNames.Word(AclNames.Operations, acl.Operation), AclNames.Word(AclNames.Resources, resource), name,
        AclNames.Word(AclNames.Patterns, pattern), acl.Host);
}
