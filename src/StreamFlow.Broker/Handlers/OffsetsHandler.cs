using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Handlers;

/// <summary>Committed offsets of groups.</summary>
internal sealed class OffsetsHandler(GroupCoordinator groups)
{
    public async ValueTask<IResponse?> CommitAsync(OffsetCommitRequest request, RequestContext context)
    {
        bool mine = context.MayGroup(AclOperation.Read, request.GroupId);
        ILookup<bool, OffsetCommitTopic> allowed = request.Topics.ToLookup(
            topic => mine && context.MayTopic(AclOperation.Read, topic.Name));
        ErrorCode refusal = mine ? ErrorCode.TopicAuthorizationFailed : ErrorCode.GroupAuthorizationFailed;
        IEnumerable<TopicErrors> refused = allowed[false].Select(topic => new TopicErrors(
            topic.Name, [.. topic.Partitions.Select(partition => new PartitionError(partition.Index, refusal))]));
        OffsetCommitTopic[] topics = [.. allowed[true]];
        if (topics.Length == 0 && (request.Topics.Length > 0 || !mine))
        {
            return new OffsetCommitResponse([.. refused]);
        }

        ErrorCode[] errors = await groups.CommitOffsetsAsync(new CommitCommand
        {
            GroupId = request.GroupId,
            GenerationId = request.GenerationId,
            MemberId = request.MemberId,
            InstanceId = request.GroupInstanceId,
            Offsets = Flatten(topics),
        }).ConfigureAwait(false);
        TopicErrors[] results = new TopicErrors[topics.Length];
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            OffsetCommitTopic topic = topics[i];
            PartitionError[] partitions = new PartitionError[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                partitions[j] = new PartitionError(topic.Partitions[j].Index, errors[at++]);
            }

            results[i] = new TopicErrors(topic.Name, partitions);
        }

        return new OffsetCommitResponse([.. results, .. refused]);
    }

    public OffsetFetchResponse Fetch(OffsetFetchRequest request, RequestContext context) =>
        new([.. request.Groups.Select(group => context.MayGroup(AclOperation.Describe, group.GroupId)
            ? Fetch(group, request.RequireStable, context)
            : new OffsetFetchGroupResult(
                group.GroupId,
                ErrorCode.GroupAuthorizationFailed,
                Failed(group.Topics ?? [], ErrorCode.GroupAuthorizationFailed)))]);

    public async ValueTask<IResponse?> DeleteAsync(OffsetDeleteRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Delete, request.GroupId))
        {
            return new OffsetDeleteResponse(ErrorCode.GroupAuthorizationFailed, []);
        }

        ILookup<bool, OffsetDeleteTopic> allowed = request.Topics.ToLookup(topic => context.MayTopic(AclOperation.Read, topic.Name));
        OffsetKey[] keys = [.. allowed[true].SelectMany(
            static topic => topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition)))];
        OffsetDeleteResult result = await groups.DeleteOffsetsAsync(request.GroupId, keys).ConfigureAwait(false);
        return result.Error == ErrorCode.None
            ? new OffsetDeleteResponse(ErrorCode.None, [.. keys
                .Zip(result.PartitionErrors, static (key, error) => (key.Topic, new PartitionError(key.Partition, error)))
                .GroupBy(static x => x.Topic, static x => x.Item2)
                .Select(static x => new TopicErrors(x.Key, [.. x])),
                .. allowed[false].Select(static topic => new TopicErrors(
                    topic.Name,
                    [.. topic.Partitions.Select(static x => new PartitionError(x, ErrorCode.TopicAuthorizationFailed))]))])
            : new OffsetDeleteResponse(result.Error, []);
    }

    public static List<OffsetToCommit> Flatten(OffsetCommitTopic[] topics)
    {
        List<OffsetToCommit> offsets = [];
        foreach (OffsetCommitTopic topic in topics)
        {
            foreach (OffsetCommitPartition partition in topic.Partitions)
            {
                offsets.Add(new OffsetToCommit(
                    new OffsetKey(topic.Name, partition.Index),
                    partition.Offset,
                    partition.LeaderEpoch,
                    partition.Metadata));
            }
        }

        return offsets;
    }

    private OffsetFetchGroupResult Fetch(OffsetFetchGroup group, bool requireStable, RequestContext context)
    {
        ILookup<bool, OffsetFetchTopic>? allowed = group.Topics?.ToLookup(topic => context.MayTopic(AclOperation.Describe, topic.Name));
        List<OffsetKey>? keys = allowed is null ? null : [.. allowed[true].SelectMany(
            static topic => topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition)))];
        FetchOffsetsResult result = groups.FetchOffsets(group.GroupId, keys, requireStable);
        OffsetFetchTopicResult[] topics = result.Error == ErrorCode.None
            ? [.. result.Offsets
                .GroupBy(static x => x.Key.Topic)
                .Where(x => allowed is not null || context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Key))
                .Select(static x => new OffsetFetchTopicResult(x.Key, [.. x.Select(static offset =>
                    new OffsetFetchPartitionResult(
                        offset.Key.Partition, offset.Offset, offset.LeaderEpoch, offset.Metadata, offset.Error))]))]
            : Failed(allowed?[true] ?? [], result.Error);
        return new OffsetFetchGroupResult(
            group.GroupId, result.Error, [.. topics, .. Failed(allowed?[false] ?? [], ErrorCode.TopicAuthorizationFailed)]);
    }

    /// <summary>Repeats the partitions asked for: old versions have no other place for the error.</summary>
    private static OffsetFetchTopicResult[] Failed(IEnumerable<OffsetFetchTopic> topics, ErrorCode error) =>
        [.. topics.Select(topic => new OffsetFetchTopicResult(
            topic.Name, [.. topic.Partitions.Select(x => OffsetFetchPartitionResult.None(x, error))]))];
}
