using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>The clients of one stream thread, by the options of the application.</summary>
/// <param name="services">What the threads share.</param>
/// <param name="threadName">Name of the thread, part of its clients' names.</param>
/// <param name="index">Number of the thread, part of its identities towards the broker.</param>
internal sealed class ThreadClients(ThreadServices services, string threadName, int index)
{
    private readonly StreamFlowOptions _options = services.Options;

    private bool ExactlyOnce => _options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce;

    /// <summary>Who the thread's consumer is.</summary>
    /// <param name="topics">The topics that it goes by.</param>
    public ConsumerRole DescribeConsumer(ResolvedTopics topics)
    {
        var hasGivenIdentity = _options.GroupInstanceId.Length > 0;
        var identity = hasGivenIdentity ? _options.GroupInstanceId
            : _options.StaticMembership ? services.StateDirectory?.ProcessId.ToString()
            : null;
        return new ConsumerRole(
            $"{threadName}-consumer",
            _options.ApplicationId,
            identity is null ? null : $"{identity}-{index}",
            ExactlyOnce,
            _options.DefaultOffsetReset == OffsetReset.Earliest ? "earliest" : "latest")
        {
            LeavesOnClose = !hasGivenIdentity,
            Mark = services.MarkWith(topics).ToString(),
        };
    }

    /// <summary>
    /// Joins the group. While no topic matches the patterns of the topology there is nothing to share out; when one does, all
    /// threads join anew.
    /// </summary>
    public static void Join(IKafkaConsumer consumer, ResolvedTopics topics, IRebalanceListener tasks)
    {
        if (topics.LeaderTopics.Count > 0)
        {
            consumer.Subscribe(topics.LeaderTopics, topics.AllSourceTopics, tasks);
        }
        else
        {
            tasks.OnAssigned([]);
        }
    }

    public CommitProtocol CreateProtocol(IKafkaConsumer consumer, ThreadCounts? counts = null)
    {
        var id = ExactlyOnce ? $"{_options.ApplicationId}-{services.ProcessId}-{index}" : null;
        var role = new ProducerRole($"{threadName}-producer", id, _options.TransactionTimeout)
        {
            MaxBatchBytes = services.MaxBatchBytes,
            IsMissing = topic => services.Topics.MissingOutputs.Contains(topic),
        };
        return ExactlyOnce
            ? new ExactlyOnceCommit(services, threadName, consumer, () => services.Clients.CreateProducer(role), counts)
            : new AtLeastOnceCommit(services, threadName, consumer, services.Clients.CreateProducer(role));
    }

    public Restorer CreateRestorer() => new(
        $"{threadName}-restore",
        committed => services.Clients.CreateConsumer(new ConsumerRole(
            committed ? $"{threadName}-restore-consumer" : $"{threadName}-restore-ends", null, null, committed, "error")),
        services.Time,
        services.Logger,
        services.Options.DefaultOffsetReset == OffsetReset.Earliest ? services.Empty : null);
}
