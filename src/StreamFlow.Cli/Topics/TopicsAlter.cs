using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics alter: more partitions, other settings.</summary>
internal sealed class TopicsAlter
{
    private readonly Argument<string[]> _names = TopicsCommand.Names("The topics");
    private readonly Option<int?> _partitions = Values.Number("--partitions", 1, int.MaxValue, "How many partitions there are to be; they never become fewer");
    private readonly Option<List<KeyValuePair<string, string>>> _set = Values.Pairs("--config", "A setting to set; may be repeated");
    private readonly Option<string[]> _unset = Values.Names("--delete-config", "A setting to set back to its default; may be repeated", "name");

    public static Command Create(Surroundings surroundings)
    {
        TopicsAlter command = new();
        return CommandParts.Leaf(
            "alter", "Give topics more partitions or other settings",
            ["streamflow topics alter orders --partitions 8", "streamflow topics alter orders --config retention.ms=86400000 --delete-config segment.ms"],
            [command._names, command._partitions, command._set, command._unset], surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        List<ConfigChange> changes = [.. context.Get(_set)!.Select(static c => new ConfigChange(c.Key, c.Value)), .. context.Get(_unset)!.Select(static n => new ConfigChange(n, null))];
        if (context.Get(_partitions) is null && changes.Count == 0)
        {
            throw new CommandException("There is nothing to alter; give --partitions, --config or --delete-config.", ExitCode.Usage);
        }

        await using Cluster cluster = context.Connect();
        List<(string, ErrorCode, string?)> results = [];
        if (context.Get(_partitions) is { } count)
        {
            results.AddRange(await GrowAsync(cluster, context.Get(_names), count, context.Cancelled).ConfigureAwait(false));
        }

        foreach (string topic in changes.Count > 0 ? context.Get(_names) : [])
        {
            (ErrorCode error, string? message) = await cluster.AlterConfigAsync(ConfigResource.Topic, topic, changes, context.Cancelled).ConfigureAwait(false);
            results.Add((topic, error, message));
        }

        return TopicsCommand.Report(context, "altered", results.GroupBy(static r => r.Item1).Select(static g => g.OrderBy(static r => r.Item2 == ErrorCode.None).First()));
    }

    private static async Task<IEnumerable<(string, ErrorCode, string?)>> GrowAsync(Cluster cluster, string[] topics, int count, CancellationToken ct)
    {
        BrokerConnection any = await cluster.AnyAsync(ct).ConfigureAwait(false);
        CreatePartitionsResponse response = await any.SendAsync(
            new CreatePartitionsRequest
            {
                Topics = [.. topics.Select(name => new CreatePartitionsRequestTopics { Name = name, Count = count, Assignments = null })],
                TimeoutMs = (int)cluster.Settings.RequestTimeout.TotalMilliseconds,
            },
            ct).ConfigureAwait(false);
        return response.Results.Select(static r => (r.Name, r.ErrorCode, r.ErrorMessage));
    }
}
