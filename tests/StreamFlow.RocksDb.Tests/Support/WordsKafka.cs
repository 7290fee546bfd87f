using StreamFlow.Testing;

namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>A Kafka in memory with a topic of words for an application that counts them.</summary>
internal static class WordsKafka
{
    private const string Changelog = "words-counts-changelog";

    public static InMemoryKafka Create()
    {
        var kafka = new InMemoryKafka();
        kafka.CreateTopic("words", 1);
        kafka.Append(new TopicPartition("words", 0), "k"u8.ToArray(), "v"u8.ToArray(), timestamp: 0);
        return kafka;
    }

    public static bool IsCounted(InMemoryKafka kafka) =>
        kafka.PartitionCount(Changelog) > 0 && kafka.Offsets(new TopicPartition(Changelog, 0)).HighWatermark > 0;
}
