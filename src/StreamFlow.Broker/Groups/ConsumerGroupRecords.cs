using StreamFlow.Protocol.Messages;
using Current = StreamFlow.Protocol.Messages.ConsumerGroupCurrentMemberAssignmentValueTopicPartitions;
using Target = StreamFlow.Protocol.Messages.ConsumerGroupTargetAssignmentMemberValueTopicPartitions;

namespace StreamFlow.Broker.Groups;

/// <summary>The records of consumer groups, in the layout of Kafka 4.3's <c>__consumer_offsets</c>.</summary>
internal static class ConsumerGroupRecords
{
    private const short ValueVersion = 0;

    public static void WriteKey(WireWriter writer, string groupId, GroupRecordKey key)
    {
        // The keys of one member, and of a pattern, have the same fields; so have those of a whole group.
        if (HasName(key.Type))
        {
            StoredValues.WriteKey(writer, (short)key.Type, new ConsumerGroupMemberMetadataKey { GroupId = groupId, MemberId = key.Name });
        }
        else
        {
            StoredValues.WriteKey(writer, (short)key.Type, new ConsumerGroupMetadataKey { GroupId = groupId });
        }
    }

    /// <summary>Reads what follows the version and the group's id in a key.</summary>
    public static GroupRecordKey ReadKey(short type, ref WireReader reader) =>
        new((GroupRecordType)type, HasName((GroupRecordType)type) ? reader.ReadString() : "");

    /// <summary>Writes the value of a record; false for a tombstone, which has none.</summary>
    public static bool TryWriteValue(WireWriter writer, ConsumerGroupRecord record)
    {
        switch (record)
        {
            case GroupEpochRecord { Epoch: int epoch } group:
                Write(writer, new ConsumerGroupMetadataValue { Epoch = epoch, MetadataHash = group.MetadataHash });
                return true;
            case TargetEpochRecord { Epoch: int epoch } target:
                Write(writer, new ConsumerGroupTargetAssignmentMetadataValue { AssignmentEpoch = epoch, AssignmentTimestamp = target.TimestampMs });
                return true;
            case MemberMetadataRecord { Metadata: { } metadata }:
                Write(writer, ToStored(metadata));
                return true;
            case TargetAssignmentRecord { Partitions: { } partitions }:
                Write(writer, new ConsumerGroupTargetAssignmentMemberValue
                {
                    TopicPartitions = ByTopic(partitions, static (topic, found) => new Target { TopicId = topic, Partitions = Numbers(found) }),
                });
                return true;
            case CurrentAssignmentRecord { Assignment: { } assignment }:
                Write(writer, new ConsumerGroupCurrentMemberAssignmentValue
                {
                    MemberEpoch = assignment.MemberEpoch,
                    PreviousMemberEpoch = assignment.PreviousMemberEpoch,
                    State = (sbyte)assignment.State,
                    AssignedPartitions = WithEpochs(assignment.Assigned),
                    PartitionsPendingRevocation = WithEpochs(assignment.PendingRevocation),
                });
                return true;
            case PatternRecord { Resolved: { } resolved }:
                Write(writer, new ConsumerGroupRegularExpressionValue
                {
                    Topics = [.. resolved.Topics], Version = resolved.Version, Timestamp = resolved.TimestampMs,
                });
                return true;
            default:
                return false;
        }
    }

    /// <exception cref="InvalidDataException">The version is not one this broker reads.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static ConsumerGroupRecord Read(GroupRecordKey key, byte[]? bytes)
    {
        if (bytes is null)
        {
            return ConsumerGroupRecord.Tombstone(key);
        }

        switch (key.Type)
        {
            case GroupRecordType.GroupEpoch:
                var group = Value<ConsumerGroupMetadataValue>(key, bytes);
                return new GroupEpochRecord(group.Epoch, group.MetadataHash);
            case GroupRecordType.TargetEpoch:
                var target = Value<ConsumerGroupTargetAssignmentMetadataValue>(key, bytes);
                return new TargetEpochRecord(target.AssignmentEpoch, target.AssignmentTimestamp);
            case GroupRecordType.MemberMetadata:
                return new MemberMetadataRecord(key.Name, OfStored(Value<ConsumerGroupMemberMetadataValue>(key, bytes)));
            case GroupRecordType.TargetAssignment:
                return new TargetAssignmentRecord(key.Name, Value<ConsumerGroupTargetAssignmentMemberValue>(key, bytes).TopicPartitions
                    .SelectMany(static x => x.Partitions.Select(partition => new TopicIdPartition(x.TopicId, partition))).ToHashSet());
            case GroupRecordType.CurrentAssignment:
                var current = Value<ConsumerGroupCurrentMemberAssignmentValue>(key, bytes);
                return new CurrentAssignmentRecord(key.Name, new CurrentAssignment
                {
                    MemberEpoch = current.MemberEpoch,
                    PreviousMemberEpoch = current.PreviousMemberEpoch,
                    State = (MemberState)current.State,
                    Assigned = Epochs(current.AssignedPartitions),
                    PendingRevocation = Epochs(current.PartitionsPendingRevocation),
                });
            default:
                var pattern = Value<ConsumerGroupRegularExpressionValue>(key, bytes);
                return new PatternRecord(key.Name, new ResolvedPattern(pattern.Topics, pattern.Version, pattern.Timestamp));
        }
    }

    private static bool HasName(GroupRecordType type) => type is GroupRecordType.MemberMetadata
        or GroupRecordType.TargetAssignment or GroupRecordType.CurrentAssignment or GroupRecordType.Pattern;

    private static void Write<T>(WireWriter writer, T value)
        where T : class, IWireType<T> => StoredValues.WriteValue(writer, ValueVersion, value);

    private static T Value<T>(GroupRecordKey key, byte[] bytes)
        where T : class, IWireType<T> => StoredValues.ReadValue<T>(bytes, ValueVersion, $"record of type {(short)key.Type}");

    private static ConsumerGroupMemberMetadataValue ToStored(MemberMetadata member) => new()
    {
        InstanceId = member.InstanceId,
        RackId = member.RackId,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        SubscribedTopicNames = [.. member.TopicNames],
        SubscribedTopicRegex = member.TopicPattern,
        RebalanceTimeoutMs = member.RebalanceTimeoutMs,
        ServerAssignor = member.ServerAssignor,
        ClassicMemberMetadata = member.Classic is not { } classic ? null : new ConsumerGroupMemberMetadataValueClassicMemberMetadata
        {
            SessionTimeoutMs = classic.SessionTimeoutMs,
            SupportedProtocols = [.. classic.Protocols.Select(static protocol => new ConsumerGroupMemberMetadataValueSupportedProtocols
            {
                Name = protocol.Name, Metadata = protocol.Metadata,
            })],
        },
    };

    private static MemberMetadata OfStored(ConsumerGroupMemberMetadataValue stored) => new()
    {
        InstanceId = stored.InstanceId,
        RackId = stored.RackId,
        ClientId = stored.ClientId,
        ClientHost = stored.ClientHost,
        TopicNames = stored.SubscribedTopicNames,
        TopicPattern = stored.SubscribedTopicRegex ?? "",
        RebalanceTimeoutMs = stored.RebalanceTimeoutMs,
        ServerAssignor = stored.ServerAssignor,
        Classic = stored.ClassicMemberMetadata is not { IsDefault: false } classic ? null : new ClassicMemberMetadata(
            classic.SessionTimeoutMs,
            [.. classic.SupportedProtocols.Select(static protocol => new GroupProtocol(protocol.Name, protocol.Metadata))]),
    };

    private static T[] ByTopic<T>(IEnumerable<TopicIdPartition> partitions, Func<Guid, IGrouping<Guid, TopicIdPartition>, T> make) =>
        [.. partitions.Order().GroupBy(static x => x.TopicId).Select(topic => make(topic.Key, topic))];

    private static int[] Numbers(IEnumerable<TopicIdPartition> partitions) => [.. partitions.Select(static x => x.Partition)];

    private static Current[] WithEpochs(IReadOnlyDictionary<TopicIdPartition, int> epochs) => ByTopic(
        epochs.Keys,
        (topic, found) => new Current { TopicId = topic, Partitions = Numbers(found), AssignmentEpochs = [.. found.Select(x => epochs[x])] });

    /// <summary>Partitions with the epoch they were assigned in, zero where none is stored.</summary>
    private static Dictionary<TopicIdPartition, int> Epochs(Current[] topics)
    {
        var partitions = new Dictionary<TopicIdPartition, int>();
        foreach (Current topic in topics)
        {
            for (int i = 0; i < topic.Partitions.Length; i++)
            {
                partitions[new TopicIdPartition(topic.TopicId, topic.Partitions[i])] =
                    topic.AssignmentEpochs is { } epochs && i < epochs.Length ? epochs[i] : 0;
            }
        }

        return partitions;
    }
}
