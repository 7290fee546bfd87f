using System.Globalization;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Finds the size of the batches that all topics take which the application is known to write to, so that none is refused
/// as a whole. What it does not find out (a topic that a record chooses, a setting that may not be read or changes later) the
/// producer learns by refusals.
/// </summary>
internal static class BatchLimits
{
    private const string Setting = "max.message.bytes";

    /// <summary>The smallest limit of a batch among the topics; null when none is known.</summary>
    public static async Task<int?> FindAsync(
        ResolvedTopics topics, StreamFlowOptions options, IKafkaAdmin admin, ILogger logger, CancellationToken cancellationToken)
    {
        var limits = await Task.WhenAll(Written(topics, options)
            .Select(topic => FindAsync(topic, admin, logger, cancellationToken))).ConfigureAwait(false);
        return limits.Min();
    }

    private static async Task<int?> FindAsync(
        string topic, IKafkaAdmin admin, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var configs = await admin.DescribeTopicConfigAsync(topic, cancellationToken).ConfigureAwait(false);
            return configs.TryGetValue(Setting, out var text)
                && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
        }
        catch (KafkaClientException exception)
        {
            // It does not exist, or its settings may not be read: nothing that a start should fail for.
            RuntimeLog.BatchLimitUnknown(logger, exception, topic);
            return null;
        }
    }

    private static HashSet<string> Written(ResolvedTopics topics, StreamFlowOptions options)
    {
        var written = new HashSet<string>(new OutputTopics(topics.Plan, options).Names, StringComparer.Ordinal);
        foreach (var subTopology in topics.Plan.SubTopologies)
        {
            written.UnionWith(subTopology.RepartitionSinks.Select(t => InternalTopics.NameOf(topics.ApplicationId, t.Name)));
            written.UnionWith(subTopology.Stores.Where(s => s.IsLogged)
                .Select(s => InternalTopics.NameOf(topics.ApplicationId, s.ChangelogTopic)));
        }

        return written;
    }
}
