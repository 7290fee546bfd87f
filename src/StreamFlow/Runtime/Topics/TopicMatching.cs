using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>Finds the topics of the cluster that match the patterns of a plan.</summary>
internal sealed class TopicMatching(StreamFlowOptions options, IKafkaAdmin admin)
{
    /// <summary>What brokers keep for themselves; Kafka's consumers leave these out of patterns too.</summary>
    private static readonly HashSet<string> OfBrokers =
        new(["__consumer_offsets", "__transaction_state", "__share_group_state"], StringComparer.Ordinal);

    /// <summary>The plan laid over the topics there are.</summary>
    /// <exception cref="TopologyException">Two sources would read the same topic.</exception>
    public async Task<TopologyPlan> LayAsync(TopologyPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.SubTopologies.Any(s => s.Patterns.Count > 0))
        {
            return plan;
        }

        var own = OwnTopics(plan);
        var names = await admin.ListTopicsAsync(cancellationToken).ConfigureAwait(false);
        return plan.LaidOver(names.Where(name => !OfBrokers.Contains(name) && !own.Contains(name) && !IsOfFormerTopology(name)));
    }

    /// <summary>What the application itself makes of records must not come back as input: internal topics, and dead letters.</summary>
    private HashSet<string> OwnTopics(TopologyPlan plan) =>
        [
            .. plan.SubTopologies.SelectMany(s => s.Stores.Where(store => store.IsLogged).Select(store => store.ChangelogTopic)
                    .Concat(s.RepartitionSinks.Select(topic => topic.Name)))
                .Select(name => InternalTopics.NameOf(options.ApplicationId, name)),
            options.DeadLetterTopic,
        ];

    /// <summary>Internal topics of a topology that the application had before.</summary>
    private bool IsOfFormerTopology(string name) =>
        name.StartsWith(options.ApplicationId + "-", StringComparison.Ordinal)
        && (name.EndsWith("-changelog", StringComparison.Ordinal)
            || name.EndsWith(InternalTopics.RepartitionSuffix, StringComparison.Ordinal));
}
