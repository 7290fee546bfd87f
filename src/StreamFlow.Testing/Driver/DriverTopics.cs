using StreamFlow.Planning;

namespace StreamFlow.Testing.Driver;

/// <summary>The topics that somebody else than the application makes.</summary>
internal static class DriverTopics
{
    /// <summary>Looks for topics in the options that the topology does not have.</summary>
    /// <exception cref="ArgumentException">There is one, or a number of partitions is less than 1.</exception>
    public static void CheckNames(TopologyPlan plan, TopologyTestDriverOptions options)
    {
        var named = Named(plan);
        var mayBeChosen = plan.SubTopologies.Any(s => s.HasChosenTopics);
        foreach (var (topic, count) in options.Partitions)
        {
            if (!mayBeChosen && !named.Contains(topic) && !plan.IsMatched(topic) && topic != options.Application.DeadLetterTopic)
            {
                throw new ArgumentException(
                    $"Partitions names the topic '{topic}', which the topology neither reads nor writes; "
                    + $"it has {string.Join(", ", named.Order(StringComparer.Ordinal).Select(t => $"'{t}'"))}.",
                    nameof(options));
            }

            if (count < 1)
            {
                throw new ArgumentException(
                    $"Partitions of topic '{topic}' is {count}; set it to 1 or more.", nameof(options));
            }
        }
    }

    /// <summary>Makes those that are not there yet.</summary>
    public static void Create(InMemoryKafka kafka, TopologyPlan plan, TopologyTestDriverOptions options)
    {
        foreach (var topic in Named(plan).Union(options.Partitions.Keys).Except(kafka.Topics))
        {
            kafka.CreateTopic(topic, options.Partitions.GetValueOrDefault(topic, 1));
        }
    }

    private static HashSet<string> Named(TopologyPlan plan) =>
        plan.SubTopologies.Concat(plan.Globals).SelectMany(s => s.Sources.Where(t => !t.IsInternal).Select(t => t.Name))
            .Concat(plan.SubTopologies.SelectMany(s => s.SinkTopics))
            .ToHashSet(StringComparer.Ordinal);
}
