using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// The configuration of internal topics: what the broker knows of it, and whether that of a topic that exists fits. Of the
/// settings by which records would be lost the one is an error, because only the user knows what the topic was, and the
/// others are mended: topics of earlier versions have them. The rest is the operator's own business.
/// </summary>
internal sealed class TopicConfiguration(IKafkaAdmin admin, ILogger logger)
{
    private IReadOnlyDictionary<string, string> _known = new Dictionary<string, string>();

    /// <summary>
    /// Looks at a topic that exists, to know which settings there are: a broker refuses a topic with an unknown one. Where that
    /// may not be looked at, nothing is known, and topics are mended when they are there.
    /// </summary>
    public async Task LookAsync(string topic, CancellationToken cancellationToken)
    {
        try
        {
            _known = await admin.DescribeTopicConfigAsync(topic, cancellationToken).ConfigureAwait(false);
        }
        catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Retriable)
        {
            RuntimeLog.ConfigNotSeen(logger, exception, topic);
        }
    }

    /// <summary>Whether a topic that was just made may lack settings that the broker has.</summary>
    public bool MayLackSettings => _known.Count == 0;

    /// <summary>A topic without the settings of the clock that the broker does not know, and so does not go by.</summary>
    public NewTopic AsBrokerKnows(NewTopic topic) => topic with
    {
        Configs = topic.Configs
            .Where(c => InternalTopics.ClockSettings.GetValueOrDefault(c.Key) != c.Value || _known.ContainsKey(c.Key))
            .ToDictionary(c => c.Key, c => c.Value),
    };

    /// <summary>Checks a topic that was there already.</summary>
    /// <exception cref="TopologyException">It would lose records or state.</exception>
    public async Task CheckAsync(NewTopic topic, CancellationToken cancellationToken)
    {
        var actual = await admin.DescribeTopicConfigAsync(topic.Name, cancellationToken).ConfigureAwait(false);
        CheckCleanupPolicy(topic, actual);
        foreach (var (name, value) in topic.Configs)
        {
            if (InternalTopics.ClockSettings.GetValueOrDefault(name) == value
                && actual.TryGetValue(name, out var found)
                && found != value)
            {
                await MendAsync(topic.Name, name, found, value, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A compacted repartition topic would lose records, a changelog that is not compacted would lose state.</summary>
    private static void CheckCleanupPolicy(NewTopic topic, IReadOnlyDictionary<string, string> actual)
    {
        if (!topic.Configs.TryGetValue(InternalTopics.CleanupPolicy, out var wanted)
            || !actual.TryGetValue(InternalTopics.CleanupPolicy, out var found)
            || InternalTopics.Policies(wanted).SetEquals(InternalTopics.Policies(found)))
        {
            return;
        }

        var (wasWindows, isWindows) = (InternalTopics.Policies(found).Count > 1, InternalTopics.Policies(wanted).Count > 1);
        var remedy = InternalTopics.Policies(found).Contains("compact") && wasWindows != isWindows
            ? $"It was made for a store {With(wasWindows)}, and the store is one {With(isWindows)} now. Give the store another "
                + "name, and it begins empty beside the old one; or reset it: stop all instances, delete the topic and the state "
                + "directory of each, and start again. If only the topic was altered, set it back with"
            : "Set it with";
        throw new TopologyException(
            $"The internal topic '{topic.Name}' has {InternalTopics.CleanupPolicy}={found}, but its use needs {wanted}: records or "
            + $"state would be lost. {remedy}: kafka-configs --alter --topic {topic.Name} --add-config "
            + $"{InternalTopics.CleanupPolicy}=[{wanted}]");
    }

    private static string With(bool windows) => windows ? "with windows" : "without windows";

    private async Task MendAsync(
        string topic, string setting, string found, string wanted, CancellationToken cancellationToken)
    {
        try
        {
            await admin.AlterTopicConfigAsync(topic, new Dictionary<string, string> { [setting] = wanted }, cancellationToken)
                .ConfigureAwait(false);
            RuntimeLog.TopicMended(logger, topic, setting, found, wanted);
        }
        catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Retriable)
        {
            RuntimeLog.TopicNotMended(logger, exception, topic, setting, found, wanted);
        }
    }
}
