using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Committed offsets of groups.</summary>
internal sealed class OffsetsHandler(GroupCoordinator groups)
{
    public async ValueTask<IResponse?> CommitAsync(OffsetCommitRequest request)
    {
        ErrorCode[] errors = await groups.CommitOffsetsAsync(new CommitCommand
        {
            GroupId = request.GroupId,
            GenerationId = request.GenerationId,
            MemberId = request.MemberId,
            InstanceId = request.GroupInstanceId,
            Offsets = Flatten(request.Topics),
        }).ConfigureAwait(false);
        TopicErrors[] results = new TopicErrors[request.Topics.Length];
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            OffsetCommitTopic topic = request.Topics[i];
            PartitionError[] partitions = new PartitionError[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                partitions[j] = new PartitionError(topic.Partitions[j].Index, errors[at++]);
            }

            results[i] = new TopicErrors(topic.Name, partitions);
        }

        return new OffsetCommitResponse(results);
    }

    public OffsetFetchResponse Fetch(OffsetFetchRequest request) =>
        new([.. request.Groups.Select(group => Fetch(group, request.RequireStable))]);

    public async ValueTask<IResponse?> DeleteAsync(OffsetDeleteRequest request)
    {
        OffsetKey[] keys = [.. request.Topics.SelectMany(
            static topic => topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition)))];
        OffsetDeleteResult result = await groups.DeleteOffsetsAsync(request.GroupId, keys).ConfigureAwait(false);
        return result.Error == ErrorCode.None
            ? new OffsetDeleteResponse(ErrorCode.None, [.. keys
                .Zip(result.PartitionErrors, static (key, error) => (key.Topic, new PartitionError(key.Partition, error)))
                .GroupBy(static x => x.Topic, static x => x.Item2)
                .Select(static x => new TopicErrors(x.Key, [.. x]))])
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

    private OffsetFetchGroupResult Fetch(OffsetFetchGroup group, bool requireStable)
    {
        List<OffsetKey>? keys = group.Topics is null ? null : [.. group.Topics.SelectMany(
            static topic => topic.Partitions.Select(partition => new OffsetKey(topic.Name, partition)))];
        FetchOffsetsResult result = groups.FetchOffsets(new FetchOffsetsCommand
        {
            GroupId = group.GroupId,
            Partitions = keys,
            RequireStable = requireStable,
        });
        OffsetFetchTopicResult[] topics = result.Error == ErrorCode.None
            ? [.. result.Offsets
                .GroupBy(static x => x.Key.Topic)
                .Select(static x => new OffsetFetchTopicResult(x.Key, [.. x.Select(static offset =>
                    new OffsetFetchPartitionResult(
                        offset.Key.Partition, offset.Offset, offset.LeaderEpoch, offset.Metadata, offset.Error))]))]
            : Failed(group.Topics ?? [], result.Error);
        return new OffsetFetchGroupResult(group.GroupId, result.Error, topics);
    }

    /// <summary>Repeats the partitions asked for: old versions have no other place for the error.</summary>
    private static OffsetFetchTopicResult[] Failed(OffsetFetchTopic[] topics, ErrorCode error) =>
        [.. topics.Select(topic => new OffsetFetchTopicResult(
            topic.Name, [.. topic.Partitions.Select(x => OffsetFetchPartitionResult.None(x, error))]))];
}
