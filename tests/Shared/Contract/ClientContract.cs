using StreamFlow.Clients;

namespace StreamFlow.ClientContract;

/// <summary>Delivery, reading and groups.</summary>
public abstract class ClientContractTests : ContractBase
{
    [SkippableFact]
    public async Task Delivered_offset_is_that_of_the_last_acknowledged_record()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("delivered", 2);
        using var producer = Producer("p");
        var topic = producer.Topic("delivered");
        Send(producer, "delivered", "a", 1);
        Send(producer, "delivered", "b", 1);

        Assert.True(producer.Drain(Timeout));

        Assert.Equal(1, topic.LastDeliveredOffset(1));
        Assert.Equal(-1, topic.LastDeliveredOffset(0));
        Assert.Equal(2, topic.PartitionCount);
        Assert.False(producer.TryTakeFailure(out _));
    }

    [SkippableFact]
    public async Task Members_share_the_leaders_read_the_followers_and_inherit_from_who_leaves()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("lead", 4);
        await CreateTopicAsync("follow", 4);
        using var producer = Producer("p");
        for (var i = 0; i < 4; i++)
        {
            Send(producer, "follow", "f" + i, i);
        }

        Assert.True(producer.Drain(Timeout));
        using var a = new Member(Clients, "share-a", "share", "lead", "follow");
        Until(() => a.Leaders.Count == 4, "a to have all", a);
        using var b = new Member(Clients, "share-b", "share", "lead", "follow");
        Until(() => a.Leaders.Count == 2 && b.Leaders.Count == 2, "an even share", a, b);

        Assert.Equal([0, 1, 2, 3], a.Leaders.Concat(b.Leaders).Order());
        var theirs = b.Leaders[0];
        Assert.Equal(["f" + theirs], Read(b.Consumer, new TopicPartition("follow", theirs), 1));
        b.Consumer.Close();
        Until(() => a.Leaders.Count == 4, "a to inherit", a);
    }

    /// <summary>With the last record a reader knows that it is the last one; the end itself is told later.</summary>
    [SkippableFact]
    public async Task A_reader_expects_more_until_it_has_what_is_on_the_broker()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("expected", 1);
        var partition = new TopicPartition("expected", 0);
        using var producer = Producer("p");
        Send(producer, "expected", "a");
        Send(producer, "expected", "b");
        Assert.True(producer.Drain(Timeout));
        using var reader = Reader(partition, readCommitted: true);
        Assert.True(reader.Reader(partition).MoreExpected);

        Assert.Equal(["a", "b"], Read(reader, partition, 2));
        Assert.False(reader.Reader(partition).MoreExpected);
        Send(producer, "expected", "c");
        Assert.True(producer.Drain(Timeout));
        Assert.Equal(["c"], Read(reader, partition, 1));
        Assert.False(reader.Reader(partition).MoreExpected);
        reader.Seek(new PartitionOffset(partition, 1));
        Assert.Equal(["b", "c"], Read(reader, partition, 2));
        Assert.False(reader.Reader(partition).MoreExpected);
    }

    [SkippableFact]
    public async Task Deleted_records_move_the_beginning_and_seek_finds_the_rest()
    {
        Skip.IfNot(Unavailable is null, Unavailable);
        await CreateTopicAsync("deleted", 1);
        var partition = new TopicPartition("deleted", 0);
        using var producer = Producer("p");
        Send(producer, "deleted", "a");
        Send(producer, "deleted", "b");
        Send(producer, "deleted", "c");
        Assert.True(producer.Drain(Timeout));
        using var admin = Clients.CreateAdmin("admin");
        using var reader = Reader(partition, readCommitted: true);
        Assert.Equal(["a", "b", "c"], Read(reader, partition, 3));

        await admin.DeleteRecordsAsync([new PartitionOffset(partition, 1)], CancellationToken.None);
        reader.Seek(new PartitionOffset(partition, 2));
        Assert.Equal(["c"], Read(reader, partition, 1));
        reader.Seek(new PartitionOffset(partition, PartitionOffset.Beginning));
        Assert.Equal(["b", "c"], Read(reader, partition, 2));
        Assert.Equal((1, 3), reader.QueryOffsets(partition, Timeout));
    }
}
