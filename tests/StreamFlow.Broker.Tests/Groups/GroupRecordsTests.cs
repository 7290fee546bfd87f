using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupRecordsTests : IDisposable
{
    private readonly WireWriter _writer = new();

    public void Dispose() => _writer.Dispose();

    [Fact]
    public void Offset_key_and_value_have_kafkas_layout()
    {
        GroupRecords.WriteOffsetKey(_writer, "g", new OffsetKey("to", 7));
        Assert.Equal("00010001670002746F00000007", Convert.ToHexString(_writer.Written));

        GroupRecords.WriteOffsetValue(_writer, new CommittedOffset(258, -1, "n", 3));
        Assert.Equal("00030000000000000102FFFFFFFF00016E0000000000000003", Convert.ToHexString(_writer.Written));
    }

    [Fact]
    public void Group_key_and_value_have_kafkas_layout()
    {
        GroupRecords.WriteGroupKey(_writer, "g");
        Assert.Equal("0002000167", Convert.ToHexString(_writer.Written));

        GroupRecords.WriteGroupValue(_writer, new GroupSnapshot
        {
            ProtocolType = "t",
            Generation = 2,
            ProtocolName = null,
            Leader = "m",
            StateTimestampMs = 5,
            Members = [new MemberSnapshot("m", null, "c", "h", 6, 7, [0xAA], [0xBB, 0xCC])],
        });
        Assert.Equal(
            "0003" + "000174" + "00000002" + "FFFF" + "00016D" + "0000000000000005" + "00000001"
            + "00016D" + "FFFF" + "000163" + "000168" + "00000006" + "00000007" + "00000001AA" + "00000002BBCC",
            Convert.ToHexString(_writer.Written));
    }

    [Fact]
    public void ReadGroupValue_returns_what_was_written()
    {
        var written = new GroupSnapshot
        {
            ProtocolType = "consumer",
            Generation = 9,
            ProtocolName = "range",
            Leader = "m",
            StateTimestampMs = 5,
            Members = [new MemberSnapshot("m", "i", "ç", "/127.0.0.1", 6, 7, [1], [2, 3])],
        };
        GroupRecords.WriteGroupValue(_writer, written);

        GroupSnapshot read = GroupRecords.ReadGroupValue(_writer.Written.ToArray());

        Assert.Equal(written, read with { Members = written.Members });
        MemberSnapshot member = Assert.Single(read.Members);
        Assert.Equal(("m", "i", "ç", "/127.0.0.1"), (member.MemberId, member.InstanceId, member.ClientId, member.ClientHost));
        Assert.Equal((6, 7), (member.RebalanceTimeoutMs, member.SessionTimeoutMs));
        Assert.Equal([1], member.Subscription);
        Assert.Equal([2, 3], member.Assignment);
    }

    [Fact]
    public void ReadGroupValue_cut_anywhere_throws_instead_of_returning_half_a_group()
    {
        GroupRecords.WriteGroupValue(_writer, new GroupSnapshot
        {
            ProtocolType = "consumer",
            Generation = 9,
            ProtocolName = "range",
            Leader = "m",
            StateTimestampMs = 5,
            Members = [new MemberSnapshot("m", "i", "c", "h", 6, 7, [1], [2, 3])],
        });
        byte[] whole = _writer.Written.ToArray();

        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.Throws<ProtocolException>(() => GroupRecords.ReadGroupValue(cut));
        }
    }

    [Theory]
    [InlineData("orders", true)]
    [InlineData("returns", true)]
    [InlineData("order", false)]
    [InlineData("", false)]
    public void MayContain_finds_the_topics_of_a_subscription(string topic, bool expected) =>
        Assert.Equal(expected, ConsumerProtocol.MayContain(GroupHarness.Subscription("orders", "returns"), topic));

    [Fact]
    public void MayContain_unreadable_subscription_may_contain_anything()
    {
        byte[] whole = GroupHarness.Subscription("orders", "returns");
        for (int length = 0; length < whole.Length - sizeof(int); length++)
        {
            Assert.True(ConsumerProtocol.MayContain(whole.AsSpan(0, length), "else"));
        }

        Assert.True(ConsumerProtocol.MayContain([0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "else"));
        Assert.False(ConsumerProtocol.MayContain(whole, "else"));
    }
}
