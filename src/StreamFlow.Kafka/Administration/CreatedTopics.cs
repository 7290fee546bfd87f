using StreamFlow.Clients;

namespace StreamFlow.Kafka.Administration;

/// <summary>Waits for topics that were created.</summary>
internal sealed class CreatedTopics(IKafkaAdmin admin, TimeProvider time)
{
    private static readonly TimeSpan AppearTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AppearStep = TimeSpan.FromMilliseconds(100);

    /// <summary>Brokers learn of a new topic one by one; and one that was there already must be the same.</summary>
    public async Task WaitAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken)
    {
        var names = topics.Select(t => t.Name).ToList();
        var start = time.GetTimestamp();
        while (true)
        {
            IReadOnlyDictionary<string, TopicDescription> found = new Dictionary<string, TopicDescription>();
            try
            {
                found = await admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
            }
            catch (KafkaClientException e) when (e.Kind == KafkaErrorKind.Retriable)
            {
                // A partition without a leader yet; asked again below, within the same time.
            }

            var missing = names.Where(name => !found.ContainsKey(name)).ToList();
            if (missing.Count == 0)
            {
                AdminTopics.ThrowIfOtherPartitionCount(topics, found);
                return;
            }

            if (time.GetElapsedTime(start) > AppearTimeout)
            {
                throw new KafkaClientException(
                    $"Topics {string.Join(", ", missing)} were created, but the brokers do not know them after "
                    + $"{(long)AppearTimeout.TotalSeconds} s.",
                    KafkaErrorKind.Retriable);
            }

            await Task.Delay(AppearStep, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
