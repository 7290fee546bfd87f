using StreamFlow.Processing;

namespace StreamFlow.Planning;

/// <summary>
/// Names of internal topics are put together: of the application's id, a name of the topology and a suffix. That together they are
/// too long is known before a broker is asked.
/// </summary>
internal static class InternalTopicLengths
{
    /// <param name="plan">The plan.</param>
    /// <param name="applicationId">The id; empty where it is not known yet.</param>
    /// <exception cref="TopologyException">Names are too long; the message lists them with their lengths.</exception>
    public static void Check(TopologyPlan plan, string applicationId)
    {
        var before = Math.Max(1, applicationId.Length) + 1;
        var tooLong = plan.SubTopologies
            .SelectMany(s => s.RepartitionSinks.Select(topic => topic.Name)
                .Concat(s.Stores.Where(store => store.IsLogged).Select(store => store.ChangelogTopic)))
            .Distinct(StringComparer.Ordinal)
            .Where(name => before + name.Length > ResourceName.MaxLength)
            .Select(name => $"'{name}' has {name.Length} characters, and {before + name.Length} with what comes before it")
            .ToList();
        if (tooLong.Count > 0)
        {
            var id = applicationId.Length == 0
                ? "an ApplicationId and a hyphen"
                : $"ApplicationId '{applicationId}' ({applicationId.Length} characters) and a hyphen";
            throw new TopologyException(
                $"Names of internal topics are longer than the {ResourceName.MaxLength} characters that Kafka takes. Before each comes {id}: "
                + $"{string.Join("; ", tooLong)}. Shorten the names of the operators and stores (Name, StoreName), or the ApplicationId.");
        }
    }
}
