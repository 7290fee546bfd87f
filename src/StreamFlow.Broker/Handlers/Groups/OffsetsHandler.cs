using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Committed offsets of groups.</summary>
internal sealed partial class OffsetsHandler(GroupCoordinator groups)
{
    /// <summary>First version of OffsetCommit and OffsetFetch that names topics by id.</summary>
    private const short TopicIdsFrom = 10;

    public async ValueTask<IResponse?> CommitAsync(OffsetCommitRequest request, RequestContext context)
    {
        bool mine = context.MayGroup(AclOperation.Read, request.GroupId);

        // What has no name is none of the topics there are, and is answered so partition by partition.
        string?[] names = [.. request.Topics.Select(topic =>
            context.Version < TopicIdsFrom ? topic.Name : groups.Topics.Find(topic.TopicId)?.Name)];
        ErrorCode[] refusals = [.. names.Select(name => !mine ? ErrorCode.GroupAuthorizationFailed
            : name is null ? ErrorCode.UnknownTopicId
            : context.MayTopic(AclOperation.Read, name) ? ErrorCode.None
            : ErrorCode.TopicAuthorizationFailed)];
        ErrorCode[] errors = refusals.Length > 0 && !refusals.Contains(ErrorCode.None) ? [] : await groups.CommitOffsetsAsync(new CommitCommand
        {
            GroupId = request.GroupId,
            GenerationId = request.GenerationIdOrMemberEpoch,
            MemberId = request.MemberId,
            InstanceId = request.GroupInstanceId,
            ApiVersion = context.Version,
            Offsets = Flatten(request.Topics, names.Zip(refusals, static (name, refusal) => refusal == ErrorCode.None ? name : null)),
        }).ConfigureAwait(false);
        int at = 0;
        return new OffsetCommitResponse
        {
            Topics = [.. request.Topics.Zip(refusals, (topic, refusal) => Committed(topic, refusal, errors, ref at))],
        };
    }

    private static OffsetCommitResponseTopics Committed(
        in OffsetCommitRequestTopics topic, ErrorCode refusal, ErrorCode[] errors, ref int at)
    {
        OffsetCommitResponsePartitions[] partitions = new OffsetCommitResponsePartitions[topic.Partitions.Length];
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i] = new OffsetCommitResponsePartitions
            {
                PartitionIndex = topic.Partitions[i].PartitionIndex,
                ErrorCode = refusal == ErrorCode.None ? errors[at++] : refusal,
            };
        }

        return new OffsetCommitResponseTopics { Name = topic.Name, TopicId = topic.TopicId, Partitions = partitions };
    }

    public async ValueTask<IResponse?> DeleteAsync(OffsetDeleteRequest request, RequestContext context)
    {
        if (!context.MayGroup(AclOperation.Delete, request.GroupId))
        {
            return new OffsetDeleteResponse { ErrorCode = ErrorCode.GroupAuthorizationFailed };
        }

        ILookup<bool, OffsetDeleteRequestTopics> allowed = request.Topics.ToLookup(topic => context.MayTopic(AclOperation.Read, topic.Name));
        OffsetKey[] keys =
        [
            .. allowed[true].SelectMany(static topic =>
                topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition.PartitionIndex))),
        ];
        OffsetDeleteResult result = await groups.DeleteOffsetsAsync(request.GroupId, keys).ConfigureAwait(false);
        if (result.Error != ErrorCode.None)
        {
            return new OffsetDeleteResponse { ErrorCode = result.Error };
        }

        return new OffsetDeleteResponse
        {
            Topics =
            [
                .. keys.Zip(result.PartitionErrors).GroupBy(static x => x.First.Topic).Select(static topic =>
                    Deleted(topic.Key, topic.Select(static x => (x.First.Partition, x.Second)))),
                .. allowed[false].Select(static topic => Deleted(
                    topic.Name, topic.Partitions.Select(static x => (x.PartitionIndex, ErrorCode.TopicAuthorizationFailed)))),
            ],
        };
    }

    private static OffsetDeleteResponseTopics Deleted(string topic, IEnumerable<(int Partition, ErrorCode Error)> partitions) => new()
    {
        Name = topic,
        Partitions =
        [
            .. partitions.Select(static x => new OffsetDeleteResponsePartitions { PartitionIndex = x.Partition, ErrorCode = x.Error }),
        ],
    };

    private static List<OffsetToCommit> Flatten(IEnumerable<OffsetCommitRequestTopics> topics, IEnumerable<string?> names)
    {
        List<OffsetToCommit> offsets = [];
        foreach ((OffsetCommitRequestTopics topic, string? name) in topics.Zip(names))
        {
            foreach (OffsetCommitRequestPartitions partition in name is null ? [] : topic.Partitions)
            {
                offsets.Add(new OffsetToCommit(
                    new OffsetKey(name!, partition.PartitionIndex),
                    partition.CommittedOffset,
                    partition.CommittedLeaderEpoch,
                    partition.CommittedMetadata));
            }
        }

        return offsets;
    }
}
