using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Options;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics create.</summary>
internal sealed class TopicsCreate
{
    private readonly Argument<string[]> _names = TopicsCommand.Names("The topics");
    private readonly Option<int?> _partitions = Values.Number("--partitions", 1, int.MaxValue, "Partitions of each (default: the broker's)");
    private readonly Option<int?> _factor = Values.Number("--replication-factor", 1, short.MaxValue, "Replicas of each partition (default: the broker's)");
    private readonly Option<List<KeyValuePair<string, string>>> _configs = Values.Pairs("--config", "A setting of the topics; may be repeated");
    private readonly Option<bool> _ifNotExists = new("--if-not-exists") { Description = "Succeed when a topic is there already" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say whether it would be created" };

    public static Command Create(Surroundings surroundings)
    {
        TopicsCreate command = new();
        return CommandParts.Leaf(
            "create", "Create topics",
            [
                "streamflow topics create orders --partitions 4",
                "streamflow topics create users --config cleanup.policy=compact --config segment.ms=60000",
                "streamflow topics create orders --if-not-exists",
            ],
            [command._names, command._partitions, command._factor, command._configs, command._ifNotExists, command._dryRun],
            surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        await using Cluster cluster = context.Connect();
        BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
        CreateTopicsResponse response = await any.SendAsync(
            new CreateTopicsRequest
            {
                Topics = [.. context.Get(_names).Select(name => Topic(context, name))],
                TimeoutMs = (int)cluster.Settings.RequestTimeout.TotalMilliseconds,
                ValidateOnly = context.Get(_dryRun),
            },
            context.Cancelled).ConfigureAwait(false);
        return TopicsCommand.Report(
            context, context.Get(_dryRun) ? "would be created" : "created", response.Topics.Select(static t => (t.Name, t.ErrorCode, t.ErrorMessage)),
            context.Get(_ifNotExists) ? (ErrorCode.TopicAlreadyExists, "was there") : null);
    }

    private CreateTopicsRequestTopics Topic(CommandContext context, string name) => new()
    {
        Name = name,
        NumPartitions = context.Get(_partitions) ?? -1,
        ReplicationFactor = (short)(context.Get(_factor) ?? -1),
        Configs = [.. context.Get(_configs)!.Select(static c => new CreateTopicsRequestConfigs { Name = c.Key, Value = c.Value })],
    };
}
