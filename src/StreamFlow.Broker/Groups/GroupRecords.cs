using System.Buffers;
using System.Text;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// The records of the offsets log, in the formats of Kafka's own <c>__consumer_offsets</c> so that its tools can read
/// them: a version in front, then big-endian fields.
/// </summary>
internal static class GroupRecords
{
    /// <summary>Key version of a committed offset; version 0 has the same fields.</summary>
    public const short OffsetKeyVersion = 1;

    /// <summary>Key version of a group's metadata.</summary>
    public const short GroupKeyVersion = 2;

    private const short OffsetValueVersion = 3;
    private const short GroupValueVersion = 3;

    public static void WriteOffsetKey(FieldWriter writer, string groupId, OffsetKey key)
    {
        writer.Int16(OffsetKeyVersion);
        writer.String(groupId);
        writer.String(key.Topic);
        writer.Int32(key.Partition);
    }

    public static void WriteOffsetValue(FieldWriter writer, CommittedOffset value)
    {
        writer.Int16(OffsetValueVersion);
        writer.Int64(value.Offset);
        writer.Int32(value.LeaderEpoch);
        writer.String(value.Metadata);
        writer.Int64(value.CommitTimestampMs);
    }

    public static void WriteGroupKey(FieldWriter writer, string groupId)
    {
        writer.Int16(GroupKeyVersion);
        writer.String(groupId);
    }

    public static void WriteGroupValue(FieldWriter writer, GroupSnapshot group)
    {
        writer.Int16(GroupValueVersion);
        writer.String(group.ProtocolType);
        writer.Int32(group.Generation);
        writer.String(group.ProtocolName);
        writer.String(group.Leader);
        writer.Int64(group.StateTimestampMs);
        writer.Int32(group.Members.Count);
        foreach (MemberSnapshot member in group.Members)
        {
            writer.String(member.MemberId);
            writer.String(member.InstanceId);
            writer.String(member.ClientId);
            writer.String(member.ClientHost);
            writer.Int32(member.RebalanceTimeoutMs);
            writer.Int32(member.SessionTimeoutMs);
            writer.Bytes(member.Subscription);
            writer.Bytes(member.Assignment);
        }
    }

    /// <exception cref="InvalidDataException">The version is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static CommittedOffset ReadOffsetValue(byte[] value)
    {
        var reader = new WireReader(value);
        RequireVersion(reader.ReadInt16(), OffsetValueVersion, "offset");
        return new CommittedOffset(reader.ReadInt64(), reader.ReadInt32(), reader.ReadString(), reader.ReadInt64());
    }

    /// <exception cref="InvalidDataException">The version is not one this broker writes.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static GroupSnapshot ReadGroupValue(byte[] value)
    {
        var reader = new WireReader(value);
        RequireVersion(reader.ReadInt16(), GroupValueVersion, "group");
        return new GroupSnapshot
        {
            ProtocolType = reader.ReadString(),
            Generation = reader.ReadInt32(),
            ProtocolName = reader.ReadNullableString(),
            Leader = reader.ReadNullableString(),
            StateTimestampMs = reader.ReadInt64(),
            Members = reader.ReadArray(ReadMember),
        };
    }

    private static MemberSnapshot ReadMember(ref WireReader reader) => new(
        reader.ReadString(),
        reader.ReadNullableString(),
        reader.ReadString(),
        reader.ReadString(),
        reader.ReadInt32(),
        reader.ReadInt32(),
        reader.ReadBytes(),
        reader.ReadBytes());

    private static void RequireVersion(short version, short expected, string what)
    {
        if (version != expected)
        {
            throw new InvalidDataException(
                $"A stored {what} record has version {version}; this broker reads version {expected}.");
        }
    }
}

/// <summary>Writes the primitive types of Kafka's encoding of stored records.</summary>
internal sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Reset() => _buffer.ResetWrittenCount();

    public void Int8(sbyte value)
    {
        _buffer.GetSpan(1)[0] = (byte)value;
        _buffer.Advance(1);
    }

    public void Int16(short value) => _buffer.AppendInt16(value);

    public void Int32(int value) => _buffer.AppendInt32(value);

    public void Int64(long value) => _buffer.AppendInt64(value);

    /// <summary>Null is written as length −1.</summary>
    public void String(string? value)
    {
        if (value is null)
        {
            Int16(-1);
            return;
        }

        int length = Encoding.UTF8.GetByteCount(value);
        Int16(checked((short)length));
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        _buffer.Write(value);
    }

    public void Raw(ReadOnlySpan<byte> value) => _buffer.Write(value);

    public void UnsignedVarint(uint value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            Int8((sbyte)(value | 0x80));
        }

        Int8((sbyte)value);
    }

    /// <summary>The length of an array or a string in the flexible encoding.</summary>
    public void CompactLength(int length) => UnsignedVarint((uint)length + 1);

    /// <summary>A string of the flexible encoding.</summary>
    public void CompactString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        CompactLength(length);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }
}
