using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Settings;

/// <summary>configs list, describe and alter.</summary>
internal static class ConfigsCommand
{
    private static readonly Dictionary<string, ConfigResource> Kinds = new()
    {
        ["topic"] = ConfigResource.Topic, ["broker"] = ConfigResource.Broker, ["broker-logger"] = ConfigResource.BrokerLogger,
        ["group"] = ConfigResource.Group, ["client-metrics"] = ConfigResource.ClientMetrics,
    };

    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "configs", "Describe and alter settings of topics, brokers and groups",
        [
            "streamflow configs describe topic orders",
            "streamflow configs alter topic orders --set retention.ms=86400000 --delete segment.ms",
            "streamflow configs describe broker 1 --all",
        ],
        List(surroundings), Describe(surroundings), Alter(surroundings)));

    private static Argument<string> Kind() => new("kind")
    {
        Description = $"{string.Join(", ", Kinds.Keys)}",
        CustomParser = static result =>
        {
            string text = result.Tokens[0].Value;
            string singular = text.EndsWith('s') && !Kinds.ContainsKey(text) ? text[..^1] : text;
            if (Kinds.ContainsKey(singular))
            {
                return singular;
            }

            result.AddError($"<kind> is '{text}'; give {string.Join(", ", Kinds.Keys)}. Users of SCRAM have 'streamflow users'.");
            return null;
        },
    };

    private static Argument<string?> Name() => new("name") { Description = "Its name; the id of a broker; nothing for the defaults of all brokers", Arity = ArgumentArity.ZeroOrOne };

    private static Command List(Surroundings surroundings)
    {
        Argument<string> kind = Kind();
        return CommandParts.Leaf(
            "list", "List what has settings of a kind", ["streamflow configs list group"], [kind], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                ListConfigResourcesResponse response = await any.SendAsync(
                    new ListConfigResourcesRequest { ResourceTypes = [(sbyte)Kinds[context.Get(kind)]] }, context.Cancelled).ConfigureAwait(false);
                Offsets.Throw(response.ErrorCode, $"{context.Get(kind)}s");
                Table table = new(new("Kind", "kind"), new("Name", "name"));
                foreach (ListConfigResourcesResponseConfigResources r in response.ConfigResources.OrderBy(static r => r.ResourceName, StringComparer.Ordinal))
                {
                    table.Add(Kinds.First(k => (sbyte)k.Value == r.ResourceType).Key, r.ResourceName);
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Command Describe(Surroundings surroundings)
    {
        Argument<string> kind = Kind();
        Argument<string?> name = Name();
        Option<bool> all = new("--all") { Description = "Also those that have their default" };
        Option<bool> documentation = new("--documentation") { Description = "With what each is for" };
        return CommandParts.Leaf(
            "describe", "Show settings that were set, or all", ["streamflow configs describe topic orders --all --documentation"], [kind, name, all, documentation],
            surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                DescribeConfigsResponseConfigs[] configs = await cluster.DescribeConfigAsync(
                    Kinds[context.Get(kind)], NameOf(context, kind, name), context.Cancelled).ConfigureAwait(false);
                Table table = context.Get(documentation)
                    ? new(new("Name", "name"), new("Value", "value"), new("Source", "source"), new("Read only", "readOnly"), new("Documentation", "documentation"))
                    : new(new("Name", "name"), new("Value", "value"), new("Source", "source"), new("Read only", "readOnly"));

                // A logger has a level and no default that it could be set back to: as Kafka's tool does, all are shown.
                bool showsAll = context.Get(all) || Kinds[context.Get(kind)] == ConfigResource.BrokerLogger;
                foreach (DescribeConfigsResponseConfigs c in configs.OrderBy(static c => c.Name, StringComparer.Ordinal).Where(c => showsAll || IsSet(c)))
                {
                    object?[] row = [c.Name, c.IsSensitive ? "(secret)" : c.Value, Source(c.ConfigSource), c.ReadOnly];
                    table.Add(context.Get(documentation) ? [.. row, c.Documentation] : row);
                }

                context.Show(table);
                if (!showsAll && table.Rows.Count == 0)
                {
                    context.Say("Nothing is set; --all shows what has its default.");
                }

                return ExitCode.Success;
            });
    }

    private static Command Alter(Surroundings surroundings)
    {
        Argument<string> kind = Kind();
        Argument<string?> name = Name();
        Option<List<KeyValuePair<string, string>>> set = Values.Pairs("--set", "A setting to set; may be repeated");
        Option<string[]> delete = Values.Names("--delete", "A setting to set back to its default; may be repeated", "name");
        return CommandParts.Leaf(
            "alter", "Set some settings and leave the others as they are",
            ["streamflow configs alter topic orders --set cleanup.policy=compact,delete", "streamflow configs alter broker --set log.retention.ms=86400000"],
            [kind, name, set, delete], surroundings,
            async context =>
            {
                List<ConfigChange> changes = [.. context.Get(set)!.Select(static c => new ConfigChange(c.Key, c.Value)), .. context.Get(delete)!.Select(static n => new ConfigChange(n, null))];
                if (changes.Count == 0)
                {
                    throw new CommandException("There is nothing to alter; give --set or --delete.", ExitCode.Usage);
                }

                await using Cluster cluster = context.Connect();
                string target = NameOf(context, kind, name);
                (ErrorCode error, string? message) = await cluster.AlterConfigAsync(Kinds[context.Get(kind)], target, changes, context.Cancelled).ConfigureAwait(false);
                Offsets.Throw(error, $"settings of {context.Get(kind)} '{target}'", message);
                Table table = new(new("Kind", "kind"), new("Name", "name"), new("Setting", "setting"), new("Value", "value"));
                changes.ForEach(c => table.Add(context.Get(kind), target, c.Name, c.Value));
                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static string NameOf(CommandContext context, Argument<string> kind, Argument<string?> name) => context.Parsed.GetValue(name)
        ?? (context.Get(kind) == "broker" ? "" : throw new CommandException($"Of which {context.Get(kind)}? Give its name.", ExitCode.Usage));

    private static bool IsSet(DescribeConfigsResponseConfigs config) => Source(config.ConfigSource) is not ("default" or "unknown");

    private static string Source(sbyte number) => number switch
    {
        1 => "topic", 2 => "broker", 3 => "default broker", 4 => "server.properties", 5 => "default", 6 => "broker logger", 7 => "client metrics", 8 => "group", _ => "unknown",
    };
}
