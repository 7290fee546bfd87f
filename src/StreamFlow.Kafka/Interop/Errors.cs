using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka;

/// <summary>What each error means for the engine: one table for every client.</summary>
internal static class Errors
{
    /// <summary>The kind of an error of the consumer: of a fetch, of the group, of a commit.</summary>
    internal static KafkaErrorKind ConsumerKind(in NativeError error) => error switch
    {
        { IsFatal: true, Code: ErrorCode.FencedInstanceId } => KafkaErrorKind.InstanceFenced,
        { IsFatal: true } => KafkaErrorKind.Fatal,
        { IsRetriable: true } => KafkaErrorKind.Retriable,
        _ when IsMigrated(error.Code) => KafkaErrorKind.Migrated,
        { Code: ErrorCode.OffsetOutOfRange or ErrorCode.AutoOffsetReset or ErrorCode.LogTruncation } =>
            KafkaErrorKind.OffsetOutOfRange,
        _ => IsTransient(error.Code) ? KafkaErrorKind.Retriable : KafkaErrorKind.Fatal,
    };

    /// <summary>
    /// The kind of an error of a transactional call. Fatal comes first: librdkafka answers a fenced producer's calls
    /// with local codes whose own flags do not always say so.
    /// </summary>
    internal static KafkaErrorKind TransactionKind(in NativeError error) => error switch
    {
        { IsFatal: true } => KafkaErrorKind.Fatal,
        _ when IsFenced(error.Code) => KafkaErrorKind.Fatal,
        { RequiresAbort: true } when IsMigrated(error.Code) => KafkaErrorKind.Migrated,
        { RequiresAbort: true } => KafkaErrorKind.Abortable,
        { IsRetriable: true } => KafkaErrorKind.Retriable,
        _ => KafkaErrorKind.Fatal,
    };

    /// <summary>
    /// The kind of an error of the registration of a transactional id. librdkafka calls what the broker will never grant
    /// fatal, as it does a producer that was fenced; but there a new producer helps, and here none does.
    /// </summary>
    internal static KafkaErrorKind RegistrationKind(in NativeError error) =>
        error.Code is ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
            or ErrorCode.InvalidTransactionTimeout or ErrorCode.UnsupportedVersion or ErrorCode.UnsupportedFeature
            ? KafkaErrorKind.Refused
            : TransactionKind(error);

    /// <summary>What to do about a registration that is refused; empty when Kafka's name of the error says it.</summary>
    internal static string RegistrationRemedy(ErrorCode code, TimeSpan transactionTimeout) => code switch
    {
        ErrorCode.InvalidTransactionTimeout =>
            $" The transaction timeout of {(long)transactionTimeout.TotalMilliseconds} ms is not from 1 ms to the broker's transaction.max.timeout.ms "
            + "(15 minutes unless changed): lower TransactionTimeout, or raise the broker's limit.",
        ErrorCode.TransactionalIdAuthorizationFailed =>
            " The client's user needs the rights Write and Describe on this transactional id; ids begin with the "
            + "application id, so a prefixed ACL on that serves all instances.",
        ErrorCode.ClusterAuthorizationFailed =>
            " The client's user needs the right IdempotentWrite on the cluster, or Write on the topics it produces to.",
        ErrorCode.UnsupportedVersion or ErrorCode.UnsupportedFeature =>
            " The broker does not know transactions; exactly-once needs Apache Kafka 2.5 or later.",
        _ => string.Empty,
    };

    /// <summary>The kind of a failed delivery, or of a record refused at once.</summary>
    internal static KafkaErrorKind DeliveryKind(in NativeError error) => error switch
    {
        { IsFatal: true } => KafkaErrorKind.Fatal,
        { Code: ErrorCode.Fatal or ErrorCode.GaplessGuarantee or ErrorCode.Inconsistent } =>
            KafkaErrorKind.Fatal,
        { Code: ErrorCode.OutOfOrderSequence or ErrorCode.InvalidTransactionState } => KafkaErrorKind.Fatal,
        _ when IsFenced(error.Code) => KafkaErrorKind.Fatal,
        _ when IsRefused(error.Code) => KafkaErrorKind.Refused,
        { Code: ErrorCode.MessageTimedOut or ErrorCode.TimedOutInQueue or ErrorCode.NotEnoughReplicas } =>
            KafkaErrorKind.Retriable,
        _ => IsTransient(error.Code) ? KafkaErrorKind.Retriable : KafkaErrorKind.Abortable,
    };

    /// <summary>The exception for an error: what was done, Kafka's name of the error, librdkafka's words.</summary>
    internal static KafkaClientException Exception(
        string operation, in NativeError error, KafkaErrorKind kind, TopicPartition? partition = null) =>
        Exception(operation, error, kind, string.Empty, partition);

    /// <summary>The same, followed by what to do about it.</summary>
    internal static KafkaClientException Exception(
        string operation, in NativeError error, KafkaErrorKind kind, string remedy, TopicPartition? partition = null) =>
        new($"{operation}: {NativeError.Name(error.Code)}: {error.Text}{remedy}", kind) { Partition = partition };

    /// <summary>The exception for an error of a consumer or of an ordinary call.</summary>
    internal static KafkaClientException Exception(string operation, in NativeError error) =>
        Exception(operation, error, ConsumerKind(error));

    private static bool IsMigrated(ErrorCode code) => code is
        ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.RebalanceInProgress or
        ErrorCode.FencedInstanceId or ErrorCode.MaxPollExceeded or ErrorCode.AssignmentLost or
        ErrorCode.FencedMemberEpoch or ErrorCode.StaleMemberEpoch;

    private static bool IsFenced(ErrorCode code) => code is
        ErrorCode.Fenced or ErrorCode.InvalidProducerEpoch or ErrorCode.ProducerFenced;

    /// <summary>Whether the error is the same for every record of the topic.</summary>
    internal static bool ConcernsTopic(ErrorCode code) => code is
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.InvalidTopic or
        ErrorCode.UnknownTopicOrPartition or ErrorCode.LocalUnknownTopic;

    /// <summary>Whether a batch is larger than its topic takes.</summary>
    internal static bool IsTooLarge(ErrorCode code) => code is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge;

    /// <summary>Whether a record was given up here, at an abort or at the end.</summary>
    internal static bool IsPurged(ErrorCode code) =>
        code is ErrorCode.PurgedFromQueue or ErrorCode.PurgedInFlight or ErrorCode.Destroy;

    /// <summary>Refused for what the record is or where it goes, however often it is sent.</summary>
    private static bool IsRefused(ErrorCode code) => ConcernsTopic(code) || code is
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidRecord or
        ErrorCode.InvalidTimestamp or ErrorCode.UnsupportedForMessageFormat or ErrorCode.PolicyViolation or
        ErrorCode.UnknownPartition or ErrorCode.InvalidArgument;

    /// <summary>
    /// Errors that go away by themselves. Anything unknown is not among them: a corrupt batch, for one, is skipped by
    /// librdkafka once it has reported it, so carrying on would lose its records.
    /// </summary>
    private static bool IsTransient(ErrorCode code) => code is
        ErrorCode.Transport or ErrorCode.DestroyBroker or ErrorCode.Resolve or ErrorCode.AllBrokersDown or ErrorCode.TimedOut or
        ErrorCode.WaitCoordinator or ErrorCode.WaitCache or ErrorCode.Retry or ErrorCode.Unknown or
        ErrorCode.LeaderNotAvailable or ErrorCode.NotLeader or ErrorCode.RequestTimedOut or
        ErrorCode.ReplicaNotAvailable or ErrorCode.NetworkException or ErrorCode.CoordinatorLoadInProgress or
        ErrorCode.CoordinatorNotAvailable or ErrorCode.NotCoordinator or ErrorCode.NotEnoughReplicas or
        ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.StorageError or ErrorCode.FencedLeaderEpoch or
        ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.UnstableOffsetCommit or
        ErrorCode.ConcurrentTransactions or ErrorCode.ThrottlingQuotaExceeded;

    /// <summary>An unknown partition is also what librdkafka answers while the brokers it knows the partition from are away.</summary>
    internal static KafkaClientException OffsetsUnknown(TopicPartition partition, in NativeError error) => Exception(
        $"Cannot read the offsets of {partition}",
        error,
        error.Code == ErrorCode.UnknownPartition ? KafkaErrorKind.Retriable : ConsumerKind(error),
        partition);
}
