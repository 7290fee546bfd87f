using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Sees that a topic that is written to is gone. The client keeps its records and asks for it again and again before it fails them; till
/// then nobody would know, and a stop waits.
/// </summary>
/// <param name="services">What the threads share.</param>
internal sealed class SinkWatch(ThreadServices services)
{
    /// <summary>A broker that has just come back may not know all of its topics for a moment.</summary>
    private const int Looks = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private IReadOnlyList<string> _missing = [];

    public IEnumerable<string> Problems => _missing.Select(topic =>
        $"The topic '{topic}', which is written to, does not exist any more: records for it wait, then go to the ProductionErrorHandler, and "
        + "a stop waits for them as long. Create it again");

    /// <summary>Looks at the topics with given names; one that was never there is not gone.</summary>
    /// <exception cref="KafkaClientException">The broker does not answer.</exception>
    public async Task LookAsync(IKafkaAdmin admin, CancellationToken stopping)
    {
        var names = services.Topics.Plan.SubTopologies.SelectMany(s => s.SinkTopics)
            .Concat(services.Options.DeadLetterTopic.Length > 0 ? [services.Options.DeadLetterTopic] : [])
            .ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return;
        }

        for (var look = 1; ; look++)
        {
            var found = await admin.DescribeTopicsAsync(names, stopping).ConfigureAwait(false);
            _known.UnionWith(found.Keys);
            var missing = _known.Where(name => !found.ContainsKey(name)).Order(StringComparer.Ordinal).ToList();
            if (missing.Count == 0 || look == Looks)
            {
                _missing = missing;
                return;
            }

            await Task.Delay(Pause, services.Time, stopping).ConfigureAwait(false);
        }
    }
}
