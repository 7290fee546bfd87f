using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Who may write what a Produce brings, before anything is said of its batches.</summary>
internal static class ProduceRights
{
    /// <summary>The first version that names topics by their ids.</summary>
    public const short TopicIdsFrom = 13;

    /// <summary>Why nothing can be written to a topic at all; none where its batches decide.</summary>
    public static ErrorCode OfTopic(ProduceRequestTopicData topic, RequestContext context) =>
        context.Version >= TopicIdsFrom && topic.Name.Length == 0 ? ErrorCode.UnknownTopicId
        : context.MayTopic(AclOperation.Write, topic.Name) ? ErrorCode.None
        : ErrorCode.TopicAuthorizationFailed;

    /// <summary>Whose id it is decides who may write batches of its transactions, also where a request keeps the id to itself.</summary>
    public static ErrorCode OfTransaction(ProduceRequest request, RequestContext context)
    {
        if (context.IsOpen || !request.TopicData.Any(static topic => topic.PartitionData.Any(static x => HasTransaction(x.Records.Memory.Span))))
        {
            return ErrorCode.None;
        }

        return request.TransactionalId is { } id && context.MayTransact(AclOperation.Write, id)
            ? ErrorCode.None
            : ErrorCode.TransactionalIdAuthorizationFailed;
    }

    private static bool HasTransaction(ReadOnlySpan<byte> rest)
    {
        while (BatchHeader.TryRead(rest, out BatchHeader batch) && batch.TotalSize <= rest.Length)
        {
            if (batch.IsTransactional)
            {
                return true;
            }

            rest = rest[batch.TotalSize..];
        }

        return false;
    }
}
