using StreamFlow.Broker.Groups;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>Keys and values as Apache Kafka 4.3.1 had them in its <c>__consumer_offsets</c>.</summary>
public sealed class ConsumerGroupRecordsTests
{
    [Theory]
    [InlineData("00030003677232", "00000000000700")]
    [InlineData("00030003677232", "0000000000060100084e590dafc395d9f3")]
    [InlineData("00050003677233000163", "000000000670726f62650b2f3132372e302e302e3103037434037532010000ea6008756e69666f726d01000100")]
    [InlineData(
        "00050002676a00163873477653704741522d6978337677787472506b3351",
        "000000000670726f62650b2f3132372e302e302e31020374340100004e20000100370100002710020672616e67652900030000000100027434"
        + "ffffffff000000010002743400000002000000000000000100000005ffff0000")]
    [InlineData("000600036772" + "32", "000000000004010008000001a22d8deb7e")]
    [InlineData(
        "00070003677232000162",
        "000003626284b7fbfa41ba9ea4e2a8a2cd01710200000002008ff9e6b6b23d4089b79cec49636361c402000000010000")]
    [InlineData("0007000367733300016d", "000002626284b7fbfa41ba9ea4e2a8a2cd017105000000000000000100000002000000030000")]
    [InlineData(
        "00080003677232000163",
        "000000000002000000020103626284b7fbfa41ba9ea4e2a8a2cd01710300000002000000030100090300000002000000028ff9e6b6b23d4089b79"
        + "cec49636361c40200000001010005020000000203626284b7fbfa41ba9ea4e2a8a2cd01710300000000000000010100090300000002000000028f"
        + "f9e6b6b23d4089b79cec49636361c40200000000010005020000000200")]
    [InlineData("0010000267310003752e2a", "00000203753200000000000000ca000001a22d8a3f5d00")]
    public void Kafkas_bytes_are_read_and_written_alike(string keyBytes, string valueBytes)
    {
        var reader = new WireReader(Convert.FromHexString(keyBytes));
        short type = reader.ReadInt16();
        string groupId = reader.ReadString();
        GroupRecordKey key = ConsumerGroupRecords.ReadKey(type, ref reader);

        ConsumerGroupRecord record = ConsumerGroupRecords.Read(key, Convert.FromHexString(valueBytes));
        (byte[] writtenKey, byte[]? writtenValue) = RecordBytes.Write(groupId, record);

        Assert.Equal(key, record.Key);
        Assert.Equal(keyBytes, Convert.ToHexStringLower(writtenKey));
        Assert.Equal(valueBytes, Convert.ToHexStringLower(writtenValue!));
    }

    [Fact]
    public void Values_mean_what_their_fields_say()
    {
        var current = (CurrentAssignmentRecord)ConsumerGroupRecords.Read(
            new GroupRecordKey(GroupRecordType.CurrentAssignment, "c"),
            Convert.FromHexString(
                "000000000003000000030102626284b7fbfa41ba9ea4e2a8a2cd01710200000003010005020000000203626284b7fbfa41ba9ea4e2a8a2cd01"
                + "71020000000201000502000000028ff9e6b6b23d4089b79cec49636361c40200000001010005020000000200"));
        var topic = Guid.Parse("626284b7-fbfa-41ba-9ea4-e2a8a2cd0171");

        Assert.Equal((3, 3, MemberState.UnrevokedPartitions),
            (current.Assignment!.MemberEpoch, current.Assignment.PreviousMemberEpoch, current.Assignment.State));
        Assert.Equal(2, current.Assignment.Assigned[new TopicIdPartition(topic, 3)]);
        Assert.Equal(2, current.Assignment.PendingRevocation.Count);
    }

    [Fact]
    public void Tombstones_have_no_value_and_come_back_as_such()
    {
        foreach (GroupRecordType type in Enum.GetValues<GroupRecordType>().Where(static x => x is >= GroupRecordType.GroupEpoch and not GroupRecordType.TopicMetadata))
        {
            bool isNamed = type is not (GroupRecordType.GroupEpoch or GroupRecordType.TargetEpoch);
            ConsumerGroupRecord tombstone = ConsumerGroupRecord.Tombstone(new GroupRecordKey(type, isNamed ? "m" : ""));

            Assert.Null(RecordBytes.Write("group", tombstone).Value);
            Assert.Equal(tombstone, RecordBytes.RoundTrip(tombstone));
        }
    }

    [Fact]
    public void Unknown_version_is_named()
    {
        InvalidDataException thrown = Assert.Throws<InvalidDataException>(() => ConsumerGroupRecords.Read(
            new GroupRecordKey(GroupRecordType.GroupEpoch, ""), [0, 9, 0, 0, 0, 1, 0]));

        Assert.Contains("version 9", thrown.Message, StringComparison.Ordinal);
    }
}
