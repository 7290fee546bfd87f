using StreamFlow.Cli.Output;
using StreamFlow.Protocol;

namespace StreamFlow.Cli.Client;

/// <summary>A broker refused something.</summary>
internal sealed class KafkaException(ErrorCode error, string what, string? message = null)
    : Exception(Kafka.Describe(what, error, message))
{
    public ErrorCode Error { get; } = error;
}

/// <summary>No broker answers.</summary>
internal sealed class UnreachableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Kafka's errors as Kafka's documentation has them.</summary>
internal static class Kafka
{
    /// <summary>For instance UNKNOWN_TOPIC_OR_PARTITION.</summary>
    public static string NameOf(ErrorCode error) => Enum.IsDefined(error)
        ? string.Concat(error.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"_{c}" : char.ToUpperInvariant(c).ToString()))
        : FormattableString.Invariant($"error {(short)error}");

    /// <summary>A sentence with what was refused, why, and where it is known, what helps.</summary>
    public static string Describe(string what, ErrorCode error, string? message) =>
        $"{what}: {NameOf(error)}{(string.IsNullOrEmpty(message) ? "" : $": {message}")}{(Remedy(error) is { } remedy ? $" ({remedy})" : "")}";

    /// <summary>Whether the same request may succeed a little later.</summary>
    public static bool IsTransient(ErrorCode error) => error is ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderOrFollower
        or ErrorCode.RequestTimedOut or ErrorCode.ReplicaNotAvailable or ErrorCode.Network or ErrorCode.CoordinatorLoadInProgress
        or ErrorCode.CoordinatorNotAvailable or ErrorCode.NotCoordinator or ErrorCode.NotController or ErrorCode.BrokerNotAvailable
        or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.UnstableOffsetCommit
        or ErrorCode.ThrottlingQuotaExceeded or ErrorCode.ConcurrentTransactions or ErrorCode.NotEnoughReplicas
        or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.KafkaStorageError;

    private static string? Remedy(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition => "'streamflow topics list' shows what there is",
        ErrorCode.OffsetOutOfRange => "'streamflow topics offsets' shows where partitions begin and end",
        ErrorCode.TopicAlreadyExists => "choose another name, or give --if-not-exists",
        ErrorCode.GroupIdNotFound => "'streamflow groups list' shows what there is",
        ErrorCode.NonEmptyGroup => "stop its members first",
        ErrorCode.TransactionalIdNotFound => "'streamflow txns list' shows what there is",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
            or ErrorCode.TransactionalIdAuthorizationFailed => "the user of --command-config lacks an ACL; 'streamflow acls list' shows them",
        ErrorCode.SecurityDisabled => "the broker has no authorizer",
        ErrorCode.InvalidReplicationFactor => "there are fewer brokers than replicas",
        _ => null,
    };
}
