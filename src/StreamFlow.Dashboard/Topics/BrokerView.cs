using StreamFlow.Clients;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>
/// Shows the broker that an application works with, by what any client may ask; bytes and transactions where it runs in this process.
/// </summary>
/// <param name="view">The application.</param>
/// <param name="insight">What a broker in this process tells; null where there is none.</param>
/// <param name="stopping">The host stops.</param>
internal sealed class BrokerView(HostedView view, IBrokerInsight? insight, CancellationToken stopping)
{
    /// <summary>A cluster may have thousands: the page shows those of the application first.</summary>
    private const int TopicsAtMost = 300;
    private const int GroupsAtMost = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RateInterval = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (double Seconds, long End)> _ends = new(StringComparer.Ordinal);
    private Task<BrokerModel>? _reading;
    private long _readAt;

    private string ClientId => $"{view.Application.ApplicationId}-dashboard-broker";

    /// <summary>Whether the application works on the broker of this process.</summary>
    public bool IsEmbedded => insight is not null && insight.BootstrapServers == view.Hosted.Options.BootstrapServers;

    /// <summary>What there is, at most two seconds old: the broker is asked once for all pages.</summary>
    public Task<BrokerModel> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_reading is null || _reading.IsFaulted || _reading.IsCanceled
                || (_reading.IsCompleted && view.Time.GetElapsedTime(Volatile.Read(ref _readAt)) >= Interval))
            {
                _reading = Task.Run(AskAsync, stopping);
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    private async Task<BrokerModel> AskAsync()
    {
        // When the answer begins to age: before it is read, so that it is never older than it says.
        Volatile.Write(ref _readAt, view.Time.GetTimestamp());
        var cancellationToken = stopping;
        using var admin = view.Hosted.Clients.CreateAdmin(ClientId);
        var names = await NamesAsync(admin, cancellationToken).ConfigureAwait(false);
        var topics = await admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        var groups = new Dictionary<string, GroupDescription?>(StringComparer.Ordinal);
        foreach (var group in (await admin.ListGroupsAsync(cancellationToken).ConfigureAwait(false)).Order(StringComparer.Ordinal).Take(GroupsAtMost))
        {
            groups[group] = await ToldAsync(() => admin.DescribeGroupAsync(group, cancellationToken)).ConfigureAwait(false);
        }

        var retentions = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in topics.Keys)
        {
            var configs = await ToldAsync(() => admin.DescribeTopicConfigAsync(name, cancellationToken)).ConfigureAwait(false);
            retentions[name] = configs is null ? null : Retention(configs);
        }

        return await BlockingWork.RunAsync(
            ClientId, () => Read([.. topics.Values.OrderBy(t => t.Name, StringComparer.Ordinal)], groups, retentions), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>What the broker tells; null where it refuses that, which is no reason to tell nothing of all others.</summary>
    private static async Task<T?> ToldAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Retriable)
        {
            return null;
        }
    }

    private async Task<List<string>> NamesAsync(IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        var own = view.Application.Topology.SubTopologies
            .SelectMany(s => s.Nodes.SelectMany(n => n.Topics).Select(t => t.Name).Concat(s.Stores.Select(x => x.ChangelogTopic).OfType<string>()))
            .ToHashSet(StringComparer.Ordinal);
        var all = await admin.ListTopicsAsync(cancellationToken).ConfigureAwait(false);
        return [.. all.OrderByDescending(own.Contains).ThenBy(n => n, StringComparer.Ordinal).Take(TopicsAtMost)];
    }

    private BrokerModel Read(
        IReadOnlyList<TopicDescription> topics, Dictionary<string, GroupDescription?> groups, Dictionary<string, string?> retentions)
    {
        var sizes = IsEmbedded ? insight!.PartitionSizes() : new Dictionary<TopicPartition, long>();
        using var scan = new PartitionScan(view.Hosted.Clients, ClientId, view.Time);
        var bounds = new Dictionary<TopicPartition, (long Start, long End)>();
        foreach (var partition in topics.SelectMany(t => Enumerable.Range(0, t.PartitionCount).Select(p => new TopicPartition(t.Name, p))))
        {
            stopping.ThrowIfCancellationRequested();
            if (BoundsOf(scan, partition) is { } of)
            {
                bounds.Add(partition, of);
            }
        }

        var models = topics.Select(t => Topic(t, bounds, sizes, retentions[t.Name])).ToList();
        return new BrokerModel(
            IsEmbedded ? "embedded" : "kafka",
            view.Hosted.Options.BootstrapServers,
            models,
            [.. groups.Select(g => Group(g.Key, g.Value, bounds))],
            IsEmbedded
                ? [.. insight!.OpenTransactions().Select(t => new TransactionModel(t.TransactionalId, t.State, t.Open.TotalSeconds, t.Partitions))]
                : []);
    }

    private TopicModel Topic(
        TopicDescription topic, Dictionary<TopicPartition, (long Start, long End)> bounds, IReadOnlyDictionary<TopicPartition, long> sizes,
        string? retention)
    {
        var told = Enumerable.Range(0, topic.PartitionCount).Where(number => bounds.ContainsKey(new TopicPartition(topic.Name, number)));
        var partitions = told.Select(number =>
        {
            var of = new TopicPartition(topic.Name, number);
            return new PartitionModel(number, bounds[of].Start, bounds[of].End, sizes.TryGetValue(of, out var bytes) ? bytes : null);
        }).ToList();
        return new TopicModel(
            topic.Name,
            topic.Name.StartsWith("__", StringComparison.Ordinal),
            partitions,
            partitions.Count < topic.PartitionCount ? null : partitions.Sum(p => p.End - p.Start),
            partitions.TrueForAll(p => p.Bytes is null) ? null : partitions.Sum(p => p.Bytes ?? 0),
            retention,
            partitions.Count < topic.PartitionCount ? null : Rate(topic.Name, partitions.Sum(p => p.End)));
    }

    /// <summary>Since it was last looked at, if that is not long ago.</summary>
    private double? Rate(string topic, long end)
    {
        lock (_gate)
        {
            var now = view.Time.GetTimestamp() / (double)view.Time.TimestampFrequency;
            var rate = _ends.TryGetValue(topic, out var before) && now > before.Seconds && now - before.Seconds < RateInterval.TotalSeconds
                ? Math.Max(0, end - before.End) / (now - before.Seconds)
                : (double?)null;
            _ends[topic] = (now, end);
            return rate;
        }
    }

    private static (long Start, long End)? BoundsOf(PartitionScan scan, TopicPartition partition)
    {
        try
        {
            return scan.Bounds(partition);
        }
        catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Retriable)
        {
            return null;
        }
    }

    private GroupModel Group(string id, GroupDescription? group, Dictionary<TopicPartition, (long Start, long End)> bounds)
    {
        stopping.ThrowIfCancellationRequested();
        if (group is null)
        {
            return new GroupModel(id, "unknown", [], null, []);
        }

        using var consumer = view.Hosted.Clients.CreateConsumer(new ConsumerRole(ClientId, id, null, true, "earliest"));
        var offsets = new List<GroupOffsetModel>();
        var partitions = bounds.Keys.ToList();
        foreach (var committed in partitions.Count == 0 ? [] : CommittedOf(consumer, partitions))
        {
            if (committed.Offset >= 0)
            {
                var end = bounds[committed.Partition].End;
                offsets.Add(new GroupOffsetModel(
                    committed.Partition.Topic, committed.Partition.Partition, committed.Offset, end, Math.Max(0, end - committed.Offset)));
            }
        }

        consumer.Close();
        return new GroupModel(
            id,
            group.Members.Count == 0 ? "empty" : group.IsStable ? "stable" : "rebalancing",
            [.. group.Members.Select(m => new MemberModel(m.MemberId, m.ClientId, m.Host, [.. m.Assigned.Select(p => p.ToString())]))],
            offsets.Count == 0 ? null : offsets.Sum(o => o.Lag),
            offsets);
    }

    private static IReadOnlyList<PartitionOffset> CommittedOf(IKafkaConsumer consumer, List<TopicPartition> partitions)
    {
        try
        {
            return consumer.Committed(partitions);
        }
        catch (KafkaClientException exception) when (exception.Kind != KafkaErrorKind.Retriable)
        {
            return [];
        }
    }

    /// <summary>What Kafka's settings say, in words.</summary>
    private static string Retention(IReadOnlyDictionary<string, string> configs)
    {
        var policy = configs.GetValueOrDefault("cleanup.policy", "delete");
        var time = configs.TryGetValue("retention.ms", out var text) && long.TryParse(text, out var ms) && ms >= 0
            ? TimeSpan.FromMilliseconds(Math.Min(ms, TimeSpan.MaxValue.TotalMilliseconds / 2)) is { TotalDays: >= 1 } days ? $"{days.TotalDays:0.#} d"
                : $"{TimeSpan.FromMilliseconds(ms).TotalMinutes:0.#} min"
            : "unlimited";
        return policy.Contains("delete", StringComparison.Ordinal) ? policy == "delete" ? time : $"{policy}, {time}" : policy;
    }
}
