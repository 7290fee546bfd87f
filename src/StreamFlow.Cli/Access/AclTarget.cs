using System.CommandLine;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Access;

/// <summary>The options that say what ACLs are about.</summary>
/// <param name="isSearch">Whether they find ACLs that are there, rather than describe one to be made: what is not given may then be any.</param>
internal sealed class AclTarget(bool isSearch)
{
    private readonly Option<string[]> _topics = Values.Names("--topic", "Topics; * is all", "topic");
    private readonly Option<string[]> _groups = Values.Names("--group", "Groups; * is all", "group");
    private readonly Option<string[]> _ids = Values.Names("--transactional-id", "Transactional ids; * is all", "id");
    private readonly Option<bool> _cluster = new("--cluster") { Description = "The cluster itself" };
    private readonly Option<string[]> _tokens = Values.Names("--delegation-token", "Delegation tokens; * is all", "token");
    private readonly Option<string[]> _users = Values.Names("--user-principal", "Users whose tokens may be made", "principal");
    private readonly Option<string?> _pattern = Values.Word("--resource-pattern-type", AclNames.Patterns, "How names are meant (default: literal)");
    private readonly Option<string[]> _principals = Values.Names(
        "--principal", isSearch ? "Only those of this principal, as User:alice; may be repeated" : "Who, as User:alice; User:* is everybody", "principal");
    private readonly Option<string[]> _hosts = Values.Names(
        "--host", isSearch ? "Only those for this host; may be repeated" : "From where, an IP address (default: *, anywhere)", "host");
    private readonly Option<string[]> _operations = Values.Names(
        "--operation", isSearch ? $"Only those of what is named about: {Operations}" : $"What: {Operations} (default: all)", "operation");
    private readonly Option<bool> _deny = new("--deny") { Description = isSearch ? "Only those that deny" : "Deny it, instead of allowing it" };
    private readonly Option<bool> _producer = new("--producer") { Description = "What a producer needs on the topics and transactional ids" };
    private readonly Option<bool> _consumer = new("--consumer") { Description = "What a consumer needs on the topics and groups" };

    private static string Operations => string.Join(", ", AclNames.Operations[1..]);

    public IEnumerable<Option> All => [_topics, _groups, _ids, _cluster, _tokens, _users, _pattern, _principals, _hosts, _operations, _deny, _producer, _consumer];

    /// <summary>How names are meant; null when nothing was said.</summary>
    public string? Pattern(CommandContext context) => context.Get(_pattern);

    public string[] Principals(CommandContext context) => context.Get(_principals)!;

    public string[] Hosts(CommandContext context) => context.Get(_hosts)!;

    public bool IsDeny(CommandContext context) => context.Get(_deny);

    /// <summary>Everything that is named, with the operations on it; "any" resources and operations stand for all.</summary>
    public List<(string Resource, string Name, string Operation)> Rights(CommandContext context)
    {
        List<(string Resource, string Name)> named = Named(context);
        if (context.Get(_producer) || context.Get(_consumer))
        {
            return Convenience(context, named);
        }

        string[] operations = context.Get(_operations)!;
        foreach (string unknown in operations.Where(static o => !AclNames.Operations.Contains(Normal(o))))
        {
            throw new CommandException($"--operation is '{unknown}'; give {Operations}.", ExitCode.Usage);
        }

        return [.. named.SelectMany(n => operations.Select(Normal).DefaultIfEmpty("any").Select(o => (n.Resource, n.Name, o)))];
    }

    private List<(string Resource, string Name)> Named(CommandContext context) =>
    [
        .. context.Get(_topics)!.Select(static n => ("topic", n)),
        .. context.Get(_groups)!.Select(static n => ("group", n)),
        .. context.Get(_ids)!.Select(static n => ("transactional-id", n)),
        .. context.Get(_tokens)!.Select(static n => ("delegation-token", n)),
        .. context.Get(_users)!.Select(static n => ("user", n)),
        .. context.Get(_cluster) ? new[] { ("cluster", "kafka-cluster") } : [],
    ];

    private List<(string Resource, string Name, string Operation)> Convenience(CommandContext context, List<(string Resource, string Name)> named)
    {
        List<(string, string, string)> rights = [];
        foreach ((string resource, string name) in named)
        {
            string[] operations = (resource, context.Get(_producer), context.Get(_consumer)) switch
            {
                ("topic", true, true) => ["describe", "write", "create", "read"],
                ("topic", true, _) => ["describe", "write", "create"],
                ("topic", _, true) => ["describe", "read"],
                ("group", _, true) => ["read"],
                ("transactional-id", true, _) => ["describe", "write"],
                _ => throw new CommandException($"--producer and --consumer say nothing about a {resource}; leave one of them out.", ExitCode.Usage),
            };
            rights.AddRange(operations.Select(o => (resource, name, o)));
        }

        return rights;
    }

    /// <summary>Kafka's tool writes DescribeConfigs and DESCRIBE_CONFIGS; here it is describe-configs.</summary>
    private static string Normal(string operation)
    {
        string plain = operation.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return AclNames.Operations.FirstOrDefault(known => known.Replace("-", "", StringComparison.Ordinal).Equals(plain, StringComparison.OrdinalIgnoreCase)) ?? operation;
    }
}
