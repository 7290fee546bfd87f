using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics create, list, describe, alter, delete, and what belongs to them.</summary>
internal static class TopicsCommand
{
    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "topics", "Create, list, describe, alter and delete topics; offsets, sizes and records of their partitions",
        [
            "streamflow topics create orders --partitions 4",
            "streamflow topics list",
            "streamflow topics describe orders",
        ],
        TopicsCreate.Create(surroundings),
        TopicsList.Create(surroundings),
        TopicsDescribe.Create(surroundings),
        TopicsAlter.Create(surroundings),
        Delete(surroundings),
        TopicsOffsets.Create(surroundings),
        TopicsDeleteRecords.Create(surroundings),
        TopicsElectLeaders.Create(surroundings)));

    public static Argument<string[]> Names(string description) =>
        new("topic") { Description = description, Arity = ArgumentArity.OneOrMore, HelpName = "topic" };

    /// <summary>Shows what became of each topic and fails if one of them failed.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="verb">What was done.</param>
    /// <param name="results">What the brokers say.</param>
    /// <param name="fine">An error that is none, with the word for it; or null.</param>
    public static int Report(
        CommandContext context, string verb, IEnumerable<(string Topic, ErrorCode Error, string? Message)> results, (ErrorCode Error, string Verb)? fine = null)
    {
        Table table = new(new("Topic", "topic"), new("Result", "result"), new("Error", "error"));
        List<string> failures = [];
        foreach ((string topic, ErrorCode error, string? message) in results)
        {
            bool isFine = error == fine?.Error;
            bool isDone = error == ErrorCode.None || isFine;
            table.Add(topic, isFine ? fine!.Value.Verb : isDone ? verb : "failed", isDone ? null : Kafka.NameOf(error));
            if (!isDone)
            {
                failures.Add(Kafka.Describe($"topic '{topic}'", error, message));
            }
        }

        context.Show(table);
        failures.ForEach(failure => context.Say($"error: {failure}"));
        return failures.Count == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static Command Delete(Surroundings surroundings)
    {
        Argument<string[]> names = Names("The topics");
        Option<bool> ifExists = new("--if-exists") { Description = "Succeed when a topic is not there" };
        return CommandParts.Leaf(
            "delete", "Delete topics and all their records", ["streamflow topics delete orders payments"], [names, ifExists], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                DeleteTopicsRequest request = new() { TimeoutMs = (int)cluster.Settings.RequestTimeout.TotalMilliseconds };
                if (any.VersionOf(ApiKey.DeleteTopics) >= 6)
                {
                    request.Topics = [.. context.Get(names).Select(static name => new DeleteTopicsRequestTopics { Name = name })];
                }
                else
                {
                    request.TopicNames = context.Get(names);
                }

                DeleteTopicsResponse response = await any.SendAsync(request, context.Cancelled).ConfigureAwait(false);
                return Report(
                    context, "deleted", response.Responses.Select(static r => (r.Name ?? "", r.ErrorCode, r.ErrorMessage)),
                    context.Get(ifExists) ? (ErrorCode.UnknownTopicOrPartition, "was not there") : null);
            });
    }
}
