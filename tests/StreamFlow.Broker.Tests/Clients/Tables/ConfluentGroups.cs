using Confluent.Kafka;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>Groups of Confluent.Kafka, in both protocols.</summary>
internal sealed class ConfluentGroups(ClientSettings settings, string prefix)
{
    public async Task ShareAsync(GroupProtocol protocol)
    {
        string topic = await settings.TopicAsync($"{prefix}group-{protocol}", 4);
        using IConsumer<string, string> one = Member(topic, protocol);
        one.Subscribe(topic);
        Until(() => one.Assignment.Count == 4, "one owns all", one);
        using IConsumer<string, string> two = Member(topic, protocol);
        two.Subscribe(topic);
        Until(() => one.Assignment.Count == 2 && two.Assignment.Count == 2, "they share", one, two);
        Assert.Equal(4, one.Assignment.Concat(two.Assignment).Distinct().Count());
        two.Close();
        Until(() => one.Assignment.Count == 4, "one owns all again", one);
        one.Close();
    }

    public async Task StaticAsync()
    {
        foreach (GroupProtocol protocol in (GroupProtocol[])[GroupProtocol.Classic, GroupProtocol.Consumer])
        {
            string topic = await settings.TopicAsync($"{prefix}static-{protocol}", 2);
            for (int life = 0; life < 2; life++)
            {
                using IConsumer<string, string> member = Member(topic, protocol, "i1");
                member.Subscribe(topic);
                Until(() => member.Assignment.Count == 2, $"it owns all in life {life}", member);
                member.Close();
            }
        }
    }

    public async Task CommitAsync()
    {
        foreach (GroupProtocol protocol in (GroupProtocol[])[GroupProtocol.Classic, GroupProtocol.Consumer])
        {
            string topic = await settings.TopicAsync($"{prefix}commit-{protocol}");
            TopicPartition partition = new(topic, 0);
            await settings.ProduceAsync(topic, 100, new ProducerConfig());
            using (IConsumer<string, string> first = Member(topic, protocol))
            {
                first.Subscribe(topic);
                ClientSettings.Read(first, 10);
                first.Commit([new TopicPartitionOffset(partition, 10)]);
                Assert.Equal(10, first.Committed([partition], ClientSettings.Deadline)[0].Offset.Value);
                first.Close();
            }

            using IConsumer<string, string> second = Member(topic, protocol);
            second.Subscribe(topic);
            Assert.Equal(10, ClientSettings.Read(second, 1)[0].Offset.Value);
            second.Seek(new TopicPartitionOffset(partition, 50));
            Assert.Equal(50, ClientSettings.Read(second, 1)[0].Offset.Value);
            second.Close();
        }
    }

    private IConsumer<string, string> Member(string group, GroupProtocol protocol, string? instance = null)
    {
        ConsumerConfig config = new() { GroupProtocol = protocol, GroupInstanceId = instance };
        if (protocol == GroupProtocol.Classic)
        {
            // The other protocol has its times from the broker.
            config.SessionTimeoutMs = 6000;
            config.HeartbeatIntervalMs = 300;
        }

        return settings.Consumer(group, config);
    }

    private static void Until(Func<bool> condition, string what, params IConsumer<string, string>[] consumers)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < ClientSettings.Deadline, $"did not happen: {what}");
            foreach (IConsumer<string, string> consumer in consumers)
            {
                consumer.Consume(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
