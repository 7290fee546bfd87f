using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// The user's topics that an application is known to write to: sinks with a fixed name, and the dead letter topic. One that is
/// missing would be found by the first record for it, which may be days after the start.
/// </summary>
internal sealed class OutputTopics(TopologyPlan plan, StreamFlowOptions options)
{
    public IReadOnlyList<string> Names { get; } =
    [
        .. plan.SubTopologies.SelectMany(s => s.SinkTopics)
            .Concat(options.DeadLetterTopic.Length > 0 ? [options.DeadLetterTopic] : [])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Does about missing ones what the options say.</summary>
    /// <returns>Those that exist.</returns>
    /// <exception cref="TopologyException">Some are missing, and that is to end the start.</exception>
    public async Task<IEnumerable<TopicDescription>> EnsureAsync(IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        var found = await admin.DescribeTopicsAsync(Names, cancellationToken).ConfigureAwait(false);
        var missing = Names.Where(t => !found.ContainsKey(t)).ToList();
        if (missing.Count == 0 || options.MissingOutputTopics == MissingTopicResponse.Continue)
        {
            return found.Values;
        }

        if (options.MissingOutputTopics == MissingTopicResponse.Fail)
        {
            throw new TopologyException(
                $"The output topic(s) {string.Join(", ", missing.Select(Described))} do not exist. Create them before the "
                + "application starts, mend the names, or set MissingOutputTopics to Create (with the broker's default number of "
                + "partitions) or to Continue (a record for a missing topic goes to the production error handler).");
        }

        await admin.CreateTopicsAsync(
            missing.ConvertAll(t => new NewTopic(t, -1, new Dictionary<string, string>(), options.ReplicationFactor)),
            cancellationToken).ConfigureAwait(false);
        return (await admin.DescribeTopicsAsync(Names, cancellationToken).ConfigureAwait(false)).Values;
    }

    private string Described(string topic) =>
        topic == options.DeadLetterTopic ? $"'{topic}' (the DeadLetterTopic)" : $"'{topic}'";
}
