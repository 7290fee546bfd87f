namespace StreamFlow.Broker.Groups;

/// <summary>
/// The records of consumer groups, in the layout of Kafka 4.3's <c>__consumer_offsets</c>: keys in the old encoding,
/// values in the flexible one, each with its version in front.
/// </summary>
internal static class ConsumerGroupRecords
{
    private const short ValueVersion = 0;
    private const int MetadataHashTag = 0;
    private const int TimestampTag = 0;
    private const int ClassicMemberTag = 0;
    private const int AssignmentEpochsTag = 0;

    public static void WriteKey(FieldWriter writer, string groupId, GroupRecordKey key)
    {
        writer.Int16((short)key.Type);
        writer.String(groupId);
        if (HasName(key.Type))
        {
            writer.String(key.Name);
        }
    }

    /// <summary>Reads what follows the version and the group's id in a key.</summary>
    public static GroupRecordKey ReadKey(short type, ref WireReader reader) =>
        new((GroupRecordType)type, HasName((GroupRecordType)type) ? reader.ReadString() : "");

    /// <summary>Writes the value of a record; false for a tombstone, which has none.</summary>
    public static bool TryWriteValue(FieldWriter writer, ConsumerGroupRecord record)
    {
        writer.Int16(ValueVersion);
        switch (record)
        {
            case GroupEpochRecord { Epoch: int epoch } group:
                writer.Int32(epoch);
                WriteTaggedInt64(writer, MetadataHashTag, group.MetadataHash);
                return true;
            case TargetEpochRecord { Epoch: int epoch } target:
                writer.Int32(epoch);
                WriteTaggedInt64(writer, TimestampTag, target.TimestampMs);
                return true;
            case MemberMetadataRecord { Metadata: { } metadata }:
                WriteMember(writer, metadata);
                return true;
            case TargetAssignmentRecord { Partitions: { } partitions }:
                WritePartitions(writer, partitions);
                writer.NoTags();
                return true;
            case CurrentAssignmentRecord { Assignment: { } assignment }:
                writer.Int32(assignment.MemberEpoch);
                writer.Int32(assignment.PreviousMemberEpoch);
                writer.Int8((sbyte)assignment.State);
                WritePartitions(writer, assignment.Assigned.Keys, assignment.Assigned);
                WritePartitions(writer, assignment.PendingRevocation.Keys, assignment.PendingRevocation);
                writer.NoTags();
                return true;
            case PatternRecord { Resolved: { } resolved }:
                writer.CompactStrings(resolved.Topics);
                writer.Int64(resolved.Version);
                writer.Int64(resolved.TimestampMs);
                writer.NoTags();
                return true;
            default:
                return false;
        }
    }

    /// <exception cref="InvalidDataException">The version is not one this broker reads.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static ConsumerGroupRecord Read(GroupRecordKey key, byte[]? value)
    {
        if (value is null)
        {
            return ConsumerGroupRecord.Tombstone(key);
        }

        var reader = new WireReader(value) { Flexible = true };
        short version = reader.ReadInt16();
        if (version != ValueVersion)
        {
            throw new InvalidDataException(
                $"A stored record of type {(short)key.Type} has version {version}; this broker reads version {ValueVersion}.");
        }

        switch (key.Type)
        {
            case GroupRecordType.GroupEpoch:
                return new GroupEpochRecord(reader.ReadInt32(), ReadTaggedInt64(ref reader, MetadataHashTag));
            case GroupRecordType.TargetEpoch:
                return new TargetEpochRecord(reader.ReadInt32(), ReadTaggedInt64(ref reader, TimestampTag));
            case GroupRecordType.MemberMetadata:
                return new MemberMetadataRecord(key.Name, ReadMember(ref reader));
            case GroupRecordType.TargetAssignment:
                return new TargetAssignmentRecord(key.Name, ReadPartitions(ref reader).Keys.ToHashSet());
            case GroupRecordType.CurrentAssignment:
                return new CurrentAssignmentRecord(key.Name, new CurrentAssignment
                {
                    MemberEpoch = reader.ReadInt32(),
                    PreviousMemberEpoch = reader.ReadInt32(),
                    State = (MemberState)reader.ReadInt8(),
                    Assigned = ReadPartitions(ref reader),
                    PendingRevocation = ReadPartitions(ref reader),
                });
            default:
                return new PatternRecord(key.Name, new ResolvedPattern(
                    reader.ReadArray(static (ref WireReader r) => r.ReadString()), reader.ReadInt64(), reader.ReadInt64()));
        }
    }

    private static bool HasName(GroupRecordType type) => type is GroupRecordType.MemberMetadata
        or GroupRecordType.TargetAssignment or GroupRecordType.CurrentAssignment or GroupRecordType.Pattern;

    private static void WriteMember(FieldWriter writer, MemberMetadata member)
    {
        writer.CompactNullableString(member.InstanceId);
        writer.CompactNullableString(member.RackId);
        writer.CompactString(member.ClientId);
        writer.CompactString(member.ClientHost);
        writer.CompactStrings(member.TopicNames);
        writer.CompactNullableString(member.TopicPattern);
        writer.Int32(member.RebalanceTimeoutMs);
        writer.CompactNullableString(member.ServerAssignor);
        if (member.Classic is not { } classic)
        {
            writer.OneTag(ClassicMemberTag, [0]);
            return;
        }

        var tag = new FieldWriter();

        // A nullable structure begins with a number that says whether it is there.
        tag.Int8(1);
        tag.Int32(classic.SessionTimeoutMs);
        tag.CompactLength(classic.Protocols.Count);
        foreach (GroupProtocol protocol in classic.Protocols)
        {
            tag.CompactString(protocol.Name);
            tag.CompactLength(protocol.Metadata.Length);
            tag.Raw(protocol.Metadata);
            tag.NoTags();
        }

        tag.NoTags();
        writer.OneTag(ClassicMemberTag, tag.Written);
    }

    private static MemberMetadata ReadMember(ref WireReader reader)
    {
        var member = new MemberMetadata
        {
            InstanceId = reader.ReadNullableString(),
            RackId = reader.ReadNullableString(),
            ClientId = reader.ReadString(),
            ClientHost = reader.ReadString(),
            TopicNames = reader.ReadArray(static (ref WireReader r) => r.ReadString()),
            TopicPattern = reader.ReadNullableString() ?? "",
            RebalanceTimeoutMs = reader.ReadInt32(),
            ServerAssignor = reader.ReadNullableString(),
        };
        return FindTag(ref reader, ClassicMemberTag) is { } tag ? member with { Classic = ReadClassic(tag) } : member;
    }

    private static ClassicMemberMetadata? ReadClassic(byte[] tag)
    {
        var reader = new WireReader(tag) { Flexible = true };
        return reader.ReadUnsignedVarint() == 0 ? null : new ClassicMemberMetadata(
            reader.ReadInt32(),
            reader.ReadArray(static (ref WireReader r) =>
            {
                var protocol = new GroupProtocol(r.ReadString(), r.ReadBytes());
                r.SkipTags();
                return protocol;
            }));
    }

    private static void WritePartitions(
        FieldWriter writer,
        IEnumerable<TopicIdPartition> partitions,
        IReadOnlyDictionary<TopicIdPartition, int>? epochs = null)
    {
        IGrouping<Guid, TopicIdPartition>[] topics = [.. partitions.Order().GroupBy(static x => x.TopicId)];
        writer.CompactLength(topics.Length);
        foreach (IGrouping<Guid, TopicIdPartition> topic in topics)
        {
            writer.Uuid(topic.Key);
            writer.CompactInt32s([.. topic.Select(static x => x.Partition)]);
            if (epochs is null)
            {
                writer.NoTags();
                continue;
            }

            var tag = new FieldWriter();
            tag.CompactInt32s([.. topic.Select(partition => epochs[partition])]);
            writer.OneTag(AssignmentEpochsTag, tag.Written);
        }
    }

    /// <summary>Partitions with the epoch they were assigned in, zero where none is stored.</summary>
    private static Dictionary<TopicIdPartition, int> ReadPartitions(ref WireReader reader)
    {
        var partitions = new Dictionary<TopicIdPartition, int>();
        foreach ((Guid topic, int[] numbers, int[] epochs) in reader.ReadArray(static (ref WireReader r) =>
            (r.ReadUuid(), ReadInt32s(ref r), ReadEpochs(ref r))))
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                partitions[new TopicIdPartition(topic, numbers[i])] = i < epochs.Length ? epochs[i] : 0;
            }
        }

        return partitions;
    }

    private static int[] ReadEpochs(ref WireReader reader)
    {
        if (FindTag(ref reader, AssignmentEpochsTag) is not { } tag)
        {
            return [];
        }

        var epochs = new WireReader(tag) { Flexible = true };
        return epochs.ReadNullableArray(static (ref WireReader r) => r.ReadInt32()) ?? [];
    }

    private static int[] ReadInt32s(ref WireReader reader) => reader.ReadArray(static (ref WireReader r) => r.ReadInt32());

    /// <summary>Written only where it is not what a reader takes for it without.</summary>
    private static void WriteTaggedInt64(FieldWriter writer, int tag, long value)
    {
        if (value == 0)
        {
            writer.NoTags();
            return;
        }

        var field = new FieldWriter();
        field.Int64(value);
        writer.OneTag(tag, field.Written);
    }

    private static long ReadTaggedInt64(ref WireReader reader, int tag) =>
        FindTag(ref reader, tag) is { } field ? new WireReader(field).ReadInt64() : 0;

    /// <summary>Reads a section of tags to its end; the bytes of one of them, or null.</summary>
    private static byte[]? FindTag(ref WireReader reader, int wanted)
    {
        byte[]? found = null;
        for (uint count = reader.ReadUnsignedVarint(); count > 0; count--)
        {
            uint tag = reader.ReadUnsignedVarint();
            uint size = reader.ReadUnsignedVarint();
            byte[] field = new byte[size <= reader.Remaining ? size : throw new ProtocolException("A tagged field is longer than the record.")];
            for (int i = 0; i < field.Length; i++)
            {
                field[i] = (byte)reader.ReadInt8();
            }

            found = tag == wanted ? field : found;
        }

        return found;
    }
}
