using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionRecordsTests
{
    private const string KafkaBytes =
        "0001000000000000000B000C0000001002030261030000000000000007000262020000000100"
        + "00000000000000110000000000000012020108000000000000000F02020002";

    private static readonly TransactionSnapshot Full = new()
    {
        Producer = new ProducerIdentity(11, 12),
        Previous = new ProducerIdentity(13, 14),
        NextProducerId = 15,
        Version = TransactionVersion.V2,
        TimeoutMs = 16,
        State = TransactionState.PrepareCommit,
        Partitions = [new("a", 0), new("a", 7), new("b", 1)],
        LastUpdateMs = 17,
        StartMs = 18,
        Unfinished = new UnfinishedCommit(new ProducerIdentity(19, 20), [new("c", 2)]),
    };

    [Fact]
    public void Every_field_comes_back()
    {
        TransactionSnapshot read = TransactionRecords.ReadValue(Write(Full));

        Assert.Equal(Full.Partitions, read.Partitions);
        Assert.Equal(Full.Unfinished!.Partitions, read.Unfinished!.Partitions);
        Assert.Equal(Full.Unfinished.Producer, read.Unfinished.Producer);
        Assert.Equal(Full with { Partitions = read.Partitions, Unfinished = read.Unfinished }, read);
        TransactionSnapshot bare = new() { Producer = new ProducerIdentity(1, 0) };
        Assert.Equal(bare with { Partitions = [] }, TransactionRecords.ReadValue(Write(bare)) with { Partitions = [] });
    }

    /// <summary>The bytes that Apache Kafka 4.3.1's own TransactionLogValue writes for these fields.</summary>
    [Fact]
    public void Bytes_are_those_of_Kafkas_TransactionLogValue()
    {
        TransactionSnapshot value = Full with { Unfinished = null, Previous = ProducerIdentity.None };
        Assert.Equal(KafkaBytes, Convert.ToHexString(Write(value)));
    }

    [Fact]
    public void Record_of_the_classic_format_is_read()
    {
        using var writer = new WireWriter();
        writer.WriteInt16(0);
        writer.WriteInt64(1);
        writer.WriteInt16(2);
        writer.WriteInt32(3);
        writer.WriteInt8(1);
        writer.WriteInt32(1);
        writer.WriteNullableString("a");
        writer.WriteInt32(1);
        writer.WriteInt32(4);
        writer.WriteInt64(5);
        writer.WriteInt64(6);
        writer.WriteInt64(7);
        writer.WriteInt16(8);

        TransactionSnapshot read = TransactionRecords.ReadValue(writer.Written.ToArray());

        Assert.Equal((new ProducerIdentity(1, 2), new ProducerIdentity(7, 8)), (read.Producer, read.Previous));
        Assert.Equal((3, TransactionState.Ongoing, TransactionVersion.V0), (read.TimeoutMs, read.State, read.Version));
        Assert.Equal([new TransactionPartition("a", 4)], read.Partitions);
        Assert.Equal((5L, 6L), (read.LastUpdateMs, read.StartMs));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 6)]
    public void Unknown_version_or_state_is_refused_by_name(short version, sbyte state)
    {
        byte[] bytes = Write(Full);
        bytes[1] = (byte)version;
        bytes[16] = (byte)state;
        InvalidDataException thrown =
            Assert.Throws<InvalidDataException>(() => TransactionRecords.ReadValue(bytes));
        Assert.Contains(version == 2 ? "version 2" : "state 6", thrown.Message, StringComparison.Ordinal);
    }

    private static byte[] Write(TransactionSnapshot value)
    {
        using var writer = new WireWriter();
        TransactionRecords.WriteValue(writer, value);
        return writer.Written.ToArray();
    }
}
