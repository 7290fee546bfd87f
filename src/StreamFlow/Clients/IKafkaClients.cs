using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>What a topic looks like on the broker.</summary>
/// <param name="Name">Name of the topic.</param>
/// <param name="PartitionCount">Number of partitions.</param>
[Experimental("SF0001")]
public sealed record TopicDescription(string Name, int PartitionCount)
{
    /// <summary>What the cluster calls this topic, other than any before or after it that has the same name.</summary>
    /// <value>Empty: the brokers do not tell (before Apache Kafka 2.8).</value>
    public string Id { get; init; } = string.Empty;
}

/// <summary>A topic to create.</summary>
/// <param name="Name">Name of the topic.</param>
/// <param name="PartitionCount">Number of partitions.</param>
/// <param name="Configs">Topic configuration, by Kafka's names.</param>
/// <param name="ReplicationFactor">Number of replicas; -1 is the broker's default.</param>
[Experimental("SF0001")]
public sealed record NewTopic(
    string Name, int PartitionCount, IReadOnlyDictionary<string, string> Configs, short ReplicationFactor = -1);

/// <summary>Topic administration; slow paths only.</summary>
[Experimental("SF0001")]
public interface IKafkaAdmin : IDisposable
{
    /// <summary>Lists the topics of the cluster, as far as this client may see them.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Names of topics, those that brokers keep for themselves included.</returns>
    Task<IReadOnlyCollection<string>> ListTopicsAsync(CancellationToken cancellationToken);

    /// <summary>Looks topics up.</summary>
    /// <param name="names">Names of the topics.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that exist.</returns>
    Task<IReadOnlyDictionary<string, TopicDescription>> DescribeTopicsAsync(
        IReadOnlyCollection<string> names, CancellationToken cancellationToken);

    /// <summary>Reads the configuration of a topic.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Effective values by Kafka's names.</returns>
    Task<IReadOnlyDictionary<string, string>> DescribeTopicConfigAsync(string name, CancellationToken cancellationToken);

    /// <summary>Sets some of a topic's configuration; the rest stays as it is.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="configs">Values by Kafka's names.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the broker has taken them.</returns>
    /// <exception cref="KafkaClientException">It has not.</exception>
    Task AlterTopicConfigAsync(
        string name, IReadOnlyDictionary<string, string> configs, CancellationToken cancellationToken);

    /// <summary>Creates topics; one that exists already (another member was faster) is no error.</summary>
    /// <param name="topics">The topics.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when all of them exist.</returns>
    Task CreateTopicsAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken);

    /// <summary>Lists the consumer groups of the cluster, as far as this client may see them.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Names of groups; none where a client cannot tell.</returns>
    Task<IReadOnlyCollection<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<string>>([]);

    /// <summary>Looks a consumer group up.</summary>
    /// <param name="groupId">Name of the group.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What the coordinator says of it.</returns>
    Task<GroupDescription> DescribeGroupAsync(string groupId, CancellationToken cancellationToken);

    /// <summary>Deletes the records before the given offsets; used for repartition topics, whose records are used up.</summary>
    /// <param name="offsets">Partition and first offset to keep.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the broker has answered.</returns>
    Task DeleteRecordsAsync(IReadOnlyCollection<PartitionOffset> offsets, CancellationToken cancellationToken);
}

/// <summary>A consumer group at one moment.</summary>
/// <param name="IsStable">Whether no rebalance is under way.</param>
/// <param name="Members">Whoever is in it, whatever program it is.</param>
[Experimental("SF0001")]
public sealed record GroupDescription(bool IsStable, IReadOnlyList<GroupMemberDescription> Members);

/// <summary>A member of a consumer group at one moment.</summary>
/// <param name="MemberId">The name that the coordinator gave it.</param>
/// <param name="ClientId">The name that it gives itself.</param>
/// <param name="Host">Where it connects from.</param>
/// <param name="Assigned">Partitions that it has, by the last rebalance; none while one is under way.</param>
[Experimental("SF0001")]
public sealed record GroupMemberDescription(
    string MemberId, string ClientId, string Host, IReadOnlyList<TopicPartition> Assigned);

/// <summary>What a consumer is for; decides its settings.</summary>
/// <param name="ClientId">Name shown by the broker and in logs.</param>
/// <param name="GroupId">The group, or <see langword="null"/> for a consumer without one.</param>
/// <param name="GroupInstanceId">Identity of a static member, or <see langword="null"/>.</param>
/// <param name="ReadCommitted">Whether records of open and aborted transactions are hidden.</param>
/// <param name="OffsetReset">Where to start without a committed offset: <c>earliest</c>, <c>latest</c> or <c>error</c>.</param>
[Experimental("SF0001")]
public sealed record ConsumerRole(
    string ClientId, string? GroupId, string? GroupInstanceId, bool ReadCommitted, string OffsetReset)
{
    /// <summary>
    /// Whether a static member leaves its group when it is closed, so that others have its partitions at once. Without it
    /// the group keeps its place until the session timeout, which is what Kafka's clients do. A member without
    /// <see cref="GroupInstanceId"/> always leaves.
    /// </summary>
    /// <value>False.</value>
    public bool LeavesOnClose { get; init; }

    /// <summary>
    /// What stands behind <see cref="ClientId"/>, and a hyphen, in the name that the broker shows of a member. It is all that
    /// members of a group can tell each other.
    /// </summary>
    /// <value>Empty: nothing.</value>
    public string Mark { get; init; } = string.Empty;

    /// <summary>The name that the broker shows.</summary>
    public string MarkedClientId => Mark.Length == 0 ? ClientId : $"{ClientId}-{Mark}";
}

/// <summary>What a producer is for; decides its settings.</summary>
/// <param name="ClientId">Name shown by the broker and in logs.</param>
/// <param name="TransactionalId">The transactional id, or <see langword="null"/> for an idempotent producer.</param>
/// <param name="TransactionTimeout">When the broker aborts a transaction by itself.</param>
[Experimental("SF0001")]
public sealed record ProducerRole(string ClientId, string? TransactionalId, TimeSpan TransactionTimeout)
{
    /// <summary>
    /// Size in bytes of the largest batch (<c>max.message.bytes</c>) that all topics take which it is known to write to; <see langword="null"/>
    /// when that is not known. A hint: a batch that a topic refuses all the same is sent again in smaller ones.
    /// </summary>
    /// <value>Default: <see langword="null"/>.</value>
    public int? MaxBatchBytes { get; init; }

    /// <summary>
    /// Whether a topic that was there is known to be gone. Records for it are not to wait until they are given up, but to be refused.
    /// Called on the producer's thread.
    /// </summary>
    /// <value>Default: none is known to be.</value>
    public Func<string, bool> IsMissing { get; init; } = static _ => false;
}

/// <summary>
/// Makes the engine's clients: the narrow waist between StreamFlow and Kafka. Implemented over librdkafka in
/// StreamFlow.Kafka and in memory in StreamFlow.Testing.
/// </summary>
[Experimental("SF0001")]
public interface IKafkaClients
{
    /// <summary>Makes a consumer for one thread.</summary>
    /// <param name="role">What it is for.</param>
    /// <returns>The consumer.</returns>
    IKafkaConsumer CreateConsumer(ConsumerRole role);

    /// <summary>Makes a producer for one thread.</summary>
    /// <param name="role">What it is for.</param>
    /// <returns>The producer.</returns>
    IKafkaProducer CreateProducer(ProducerRole role);

    /// <summary>That no broker answers; <see langword="null"/> while one does, or when the clients cannot tell.</summary>
    BrokerOutage? Outage => null;

    /// <summary>Makes an admin client.</summary>
    /// <param name="clientId">Name shown by the broker and in logs.</param>
    /// <returns>The client.</returns>
    IKafkaAdmin CreateAdmin(string clientId);
}
