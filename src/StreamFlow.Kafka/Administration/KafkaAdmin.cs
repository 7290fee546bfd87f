using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using TopicDescription = StreamFlow.Clients.TopicDescription;

namespace StreamFlow.Kafka.Administration;

/// <summary>Topic administration with Confluent.Kafka's client, by those calls that report errors safely.</summary>
internal sealed class KafkaAdmin : IKafkaAdmin
{
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly IAdminClient _client;
    private readonly ClientLines _lines;
    private readonly string _clientId;
    private readonly TimeProvider _time;
    private int _isDisposed;

    internal KafkaAdmin(
        IEnumerable<KeyValuePair<string, string>> settings, ClientLines lines, ILogger logger, TimeProvider time)
    {
        _time = time;
        _lines = lines;
        _clientId = settings.Last(s => s.Key == "client.id").Value;

        // Settings of both layers may name one setting twice; the later one counts.
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in settings)
        {
            merged[name] = value;
        }

        _client = new AdminClientBuilder(merged)
            .SetLogHandler((_, log) =>
            {
                var level = (LogLevel)log.LevelAs(LogLevelType.MicrosoftExtensionsLogging);
                lines.Take(logger, level, _clientId, log.Facility, log.Message);
            })
            .SetErrorHandler((_, error) => lines.Take(logger, LogLevel.Warning, _clientId, "ERROR", error.Reason))
            .Build();
        lines.Opened();
    }

    public Task<IReadOnlyCollection<string>> ListTopicsAsync(CancellationToken cancellationToken) =>
        ListTopicsAsync().WaitAsync(cancellationToken);

    public async Task<IReadOnlyCollection<string>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var listed = await _client.ListConsumerGroupsAsync(new ListConsumerGroupsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return [.. listed.Valid.Select(group => group.GroupId)];
        }
        catch (KafkaException e)
        {
            throw Failed("The groups of the cluster cannot be listed", e.Error, e);
        }
    }

    /// <summary>The client has no other call that lists topics than one that blocks its thread.</summary>
    private async Task<IReadOnlyCollection<string>> ListTopicsAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var metadata = _client.GetMetadata(RequestTimeout);
            return [.. metadata.Topics.Where(t => t.Error.Code != ErrorCode.UnknownTopicOrPart).Select(t => t.Topic)];
        }
        catch (KafkaException e)
        {
            throw Failed("The topics of the cluster cannot be listed", e.Error, e);
        }
    }

    public async Task<IReadOnlyDictionary<string, TopicDescription>> DescribeTopicsAsync(
        IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        var found = new Dictionary<string, TopicDescription>(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return found;
        }

        foreach (var topic in await DescribeAsync(names.Distinct(), cancellationToken).ConfigureAwait(false))
        {
            if (!topic.Error.IsError)
            {
                found.Add(topic.Name, new TopicDescription(topic.Name, topic.Partitions.Count) { Id = AdminTopics.IdOf(topic.TopicId) });
            }
            else if (topic.Error.Code != ErrorCode.UnknownTopicOrPart)
            {
                throw Failed($"Topic '{topic.Name}' cannot be described", topic.Error, null);
            }
        }

        return found;
    }

    public async Task<IReadOnlyDictionary<string, string>> DescribeTopicConfigAsync(
        string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            var results = await _client.DescribeConfigsAsync(
                [new ConfigResource { Type = ResourceType.Topic, Name = name }],
                new DescribeConfigsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return results[0].Entries.Where(e => e.Value.Value is not null)
                .ToDictionary(e => e.Key, e => e.Value.Value, StringComparer.Ordinal);
        }
        catch (KafkaException e)
        {
            throw Failed($"The configuration of topic '{name}' cannot be read", e.Error, e);
        }
    }

    public async Task AlterTopicConfigAsync(
        string name, IReadOnlyDictionary<string, string> configs, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configs);
        if (configs.Count == 0)
        {
            return;
        }

        try
        {
            await _client.IncrementalAlterConfigsAsync(
                new Dictionary<ConfigResource, List<ConfigEntry>>
                {
                    [new ConfigResource { Type = ResourceType.Topic, Name = name }] =
                        [.. configs.Select(c => new ConfigEntry
                        {
                            Name = c.Key, Value = c.Value, IncrementalOperation = AlterConfigOpType.Set,
                        })],
                },
                new IncrementalAlterConfigsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IncrementalAlterConfigsException e)
        {
            throw Failed($"The configuration of topic '{name}' cannot be changed", e.Results[0].Error, e);
        }
        catch (KafkaException e)
        {
            throw Failed($"The configuration of topic '{name}' cannot be changed", e.Error, e);
        }
    }

    public async Task<GroupDescription> DescribeGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(groupId);
        try
        {
            var result = await _client.DescribeConsumerGroupsAsync(
                [groupId], new DescribeConsumerGroupsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            var group = result.ConsumerGroupDescriptions[0];
            return new GroupDescription(
                group.State == ConsumerGroupState.Stable,
                [.. group.Members.Select(m => new GroupMemberDescription(
                    m.ConsumerId,
                    m.ClientId,
                    m.Host,
                    [.. m.Assignment.TopicPartitions.Select(p => new StreamFlow.TopicPartition(p.Topic, p.Partition.Value))]))]);
        }
        catch (DescribeConsumerGroupsException e)
        {
            throw Failed($"Group '{groupId}' cannot be described", e.Results.ConsumerGroupDescriptions[0].Error, e);
        }
        catch (KafkaException e)
        {
            throw Failed($"Group '{groupId}' cannot be described", e.Error, e);
        }
    }

    public async Task CreateTopicsAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (topics.Count == 0)
        {
            return;
        }

        try
        {
            await _client.CreateTopicsAsync(
                topics.Select(AdminTopics.Specification), new CreateTopicsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CreateTopicsException e) when (
            e.Results.TrueForAll(r => !r.Error.IsError || r.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Another member was faster; that the topic fits is checked below.
        }
        catch (CreateTopicsException e)
        {
            var failed = e.Results.First(r => r.Error.IsError && r.Error.Code != ErrorCode.TopicAlreadyExists);
            throw Failed($"Topic '{failed.Topic}' cannot be created", failed.Error, e);
        }
        catch (KafkaException e)
        {
            throw Failed($"Topics {string.Join(", ", topics.Select(t => t.Name))} cannot be created", e.Error, e);
        }

        await new CreatedTopics(this, _time).WaitAsync(topics, cancellationToken).ConfigureAwait(false);
    }

    public async Task DeleteRecordsAsync(
        IReadOnlyCollection<PartitionOffset> offsets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        if (offsets.Count == 0)
        {
            return;
        }

        try
        {
            await _client.DeleteRecordsAsync(
                offsets.Select(o => new TopicPartitionOffset(o.Partition.Topic, o.Partition.Partition, o.Offset)),
                new DeleteRecordsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DeleteRecordsException e)
        {
            var failed = e.Results.First(r => r.Error.IsError);
            throw Failed($"Records of {failed.Topic}-{failed.Partition.Value} cannot be deleted", failed.Error, e);
        }
        catch (KafkaException e)
        {
            throw Failed("Records cannot be deleted", e.Error, e);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _client.Dispose();
            _lines.Closed();
        }
    }

    private void TellSilence() => _lines.Connection.Trouble(
        LogLevel.Warning, _clientId, $"a question for topics is not answered within {(long)SilenceLimit.TotalSeconds} s");

    private static KafkaClientException Failed(string operation, Error error, Exception? cause) =>
        new(
            $"{operation}: {error.Code}: {error.Reason}",
            error.IsFatal
                ? KafkaErrorKind.Fatal
                : Errors.ConsumerKind(new Interop.NativeError((Interop.ErrorCode)(int)error.Code, error.Reason)),
            cause);

    private async Task<List<Confluent.Kafka.Admin.TopicDescription>> DescribeAsync(
        IEnumerable<string> names, CancellationToken cancellationToken)
    {
        // Of an address behind which nothing answers the client itself says nothing for half a minute.
        using var silence = _time.CreateTimer(
            static admin => ((KafkaAdmin)admin!).TellSilence(), this, SilenceLimit, Timeout.InfiniteTimeSpan);
        try
        {
            var result = await _client.DescribeTopicsAsync(
                TopicCollection.OfTopicNames(names), new DescribeTopicsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return result.TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            return e.Results.TopicDescriptions;
        }
        catch (KafkaException e)
        {
            throw Failed("Topics cannot be described", e.Error, e);
        }
    }
}
