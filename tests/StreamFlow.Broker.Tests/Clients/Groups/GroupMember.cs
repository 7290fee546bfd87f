using Confluent.Kafka;

namespace StreamFlow.Broker.Tests.Clients.Groups;

/// <summary>
/// A member of a consumer group, in a process of its own: it says what it reads, commits it, and says what it owns. A line is a moment of
/// the clock that all processes of the machine share, a word, and what it is about.
/// </summary>
internal static class GroupMember
{
    private const int BetweenCommits = 20;

    public static void Run(string bootstrapServers, string group, string topic)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            GroupProtocol = GroupProtocol.Consumer,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            ReconnectBackoffMaxMs = 200,
        };
        using IConsumer<Null, string> consumer = new ConsumerBuilder<Null, string>(config)
            .SetPartitionsAssignedHandler((_, partitions) => Say("OWNS", partitions))
            .SetPartitionsRevokedHandler((_, partitions) => Say("GIVES", partitions.Select(static x => x.TopicPartition)))
            .SetPartitionsLostHandler((_, partitions) => Say("LOSES", partitions.Select(static x => x.TopicPartition)))
            .Build();
        consumer.Subscribe(topic);
        for (int read = 0; ; read++)
        {
            ConsumeResult<Null, string> result = consumer.Consume(CancellationToken.None);
            Say("READ", result.Message.Value);
            if (read % BetweenCommits == 0)
            {
                Commit(consumer);
            }
        }
    }

    private static void Commit(IConsumer<Null, string> consumer)
    {
        try
        {
            consumer.Commit();
        }
        catch (KafkaException exception)
        {
            // The broker was killed, or the member is on its way elsewhere: what is not committed is read again, by whoever gets it.
            Say("UNCOMMITTED", exception.Error.Code.ToString());
        }
    }

    private static void Say(string word, IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            Say(word, partition.Partition.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static void Say(string word, string what)
    {
        Console.Out.WriteLine($"{TimeProvider.System.GetTimestamp()} {word} {what}");
        Console.Out.Flush();
    }
}
