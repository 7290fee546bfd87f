using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// The records of committed offsets and classic groups, in the formats of Kafka's own <c>__consumer_offsets</c> so that its tools can read
/// them.
/// </summary>
internal static class GroupRecords
{
    /// <summary>Kind of the key of a committed offset; 0 has the same fields.</summary>
    public const short OffsetKeyVersion = OffsetCommitKey.RecordType;

    /// <summary>Kind of the key of a group's metadata.</summary>
    public const short GroupKeyVersion = GroupMetadataKey.RecordType;

    private const short OffsetValueVersion = 3;
    private const short GroupValueVersion = 3;

    public static void WriteOffsetKey(WireWriter writer, string groupId, OffsetKey key) => StoredValues.WriteKey(
        writer, OffsetKeyVersion, new OffsetCommitKey { Group = groupId, Topic = key.Topic, Partition = key.Partition });

    public static void WriteOffsetValue(WireWriter writer, CommittedOffset value) => StoredValues.WriteValue(
        writer,
        OffsetValueVersion,
        new OffsetCommitValue
        {
            Offset = value.Offset,
            LeaderEpoch = value.LeaderEpoch,
            Metadata = value.Metadata,
            CommitTimestamp = value.CommitTimestampMs,
        });

    public static void WriteGroupKey(WireWriter writer, string groupId) =>
        StoredValues.WriteKey(writer, GroupKeyVersion, new GroupMetadataKey { Group = groupId });

    public static void WriteGroupValue(WireWriter writer, GroupSnapshot group) => StoredValues.WriteValue(
        writer,
        GroupValueVersion,
        new GroupMetadataValue
        {
            ProtocolType = group.ProtocolType,
            Generation = group.Generation,
            Protocol = group.ProtocolName,
            Leader = group.Leader,
            CurrentStateTimestamp = group.StateTimestampMs,
            Members = [.. group.Members.Select(static member => new GroupMetadataValueMemberMetadata
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.InstanceId,
                ClientId = member.ClientId,
                ClientHost = member.ClientHost,
                RebalanceTimeout = member.RebalanceTimeoutMs,
                SessionTimeout = member.SessionTimeoutMs,
                Subscription = member.Subscription,
                Assignment = member.Assignment,
            })],
        });

    /// <exception cref="InvalidDataException">The version is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static CommittedOffset ReadOffsetValue(byte[] bytes)
    {
        OffsetCommitValue value = StoredValues.ReadValue<OffsetCommitValue>(bytes, OffsetValueVersion, "offset record");
        return new CommittedOffset(value.Offset, value.LeaderEpoch, value.Metadata, value.CommitTimestamp);
    }

    /// <exception cref="InvalidDataException">The version is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static GroupSnapshot ReadGroupValue(byte[] bytes)
    {
        GroupMetadataValue value = StoredValues.ReadValue<GroupMetadataValue>(bytes, GroupValueVersion, "group record");
        return new GroupSnapshot
        {
            ProtocolType = value.ProtocolType,
            Generation = value.Generation,
            ProtocolName = value.Protocol,
            Leader = value.Leader,
            StateTimestampMs = value.CurrentStateTimestamp,
            Members = [.. value.Members.Select(static member => new MemberSnapshot(
                member.MemberId,
                member.GroupInstanceId,
                member.ClientId,
                member.ClientHost,
                member.RebalanceTimeout,
                member.SessionTimeout,
                member.Subscription,
                member.Assignment))],
        };
    }
}
