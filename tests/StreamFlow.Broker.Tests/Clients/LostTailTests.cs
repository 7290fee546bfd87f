using Confluent.Kafka;
using StreamFlow.Broker.Tests.Clients.Tables;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>
/// A consumer that has read what a power cut then took back. The offsets are used again, so that nothing but the leader epoch, which
/// rises with such a start, tells it: it asks where its epoch ended (OffsetForLeaderEpoch) instead of reading on behind a gap.
/// </summary>
public sealed class LostTailTests : IDisposable
{
    private const int Before = 10;
    private const int Kept = 5;
    private const int After = 7;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Librdkafka_notices_that_what_it_has_read_is_gone()
    {
        using StandaloneBroker first = await StartAsync(0);
        await ProduceAsync(first.Port, "old", Before);
        using IConsumer<string, string> consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = first.BootstrapServers,
            GroupId = "g",
            AutoOffsetReset = AutoOffsetReset.Error,
            EnableAutoCommit = false,
            ReconnectBackoffMaxMs = 200,
        }).Build();
        consumer.Assign(new TopicPartitionOffset("t", 0, 0));
        Assert.Equal(Texts("old", Before), Read(consumer, Before));

        using StandaloneBroker second = await CutAndRestartAsync(first);

        ConsumeException noticed = Assert.Throws<ConsumeException>(() => Read(consumer, 1));
        Assert.Equal(ErrorCode.Local_AutoOffsetReset, noticed.Error.Code);
        Assert.Contains("Partition log truncation detected", noticed.Error.Reason, StringComparison.Ordinal);
        Assert.Contains($"broker end offset is {Kept} ", noticed.Error.Reason, StringComparison.Ordinal);
        consumer.Assign(new TopicPartitionOffset("t", 0, Kept));
        Assert.Equal(Texts("new", After), Read(consumer, After));
    }

    [SkippableFact]
    public async Task Java_consumer_notices_that_what_it_has_read_is_gone()
    {
        Skip.If(ToolProcess.WhyUnavailable() is not null, ToolProcess.WhyUnavailable());
        using StandaloneBroker first = await StartAsync(0);
        await ProduceAsync(first.Port, "old", Before);
        using ExternalTool consumer = ExternalTool.Start(
            ApacheKafkaBroker.Script(), "java", ExternalTool.Script("LostTail.java"), first.BootstrapServers);
        await consumer.ExpectOutputAsync($"READ {Before - 1} old {Before - 1}");

        using StandaloneBroker second = await CutAndRestartAsync(first);

        await consumer.ExpectOutputAsync($"TRUNCATED at {Kept}");
        await consumer.ExpectSuccessAsync();
        Assert.DoesNotContain("new", consumer.Output, StringComparison.Ordinal);
    }

    private static string[] Texts(string word, int count) => [.. Enumerable.Range(0, count).Select(x => $"{word} {x}")];

    private static List<string> Read(IConsumer<string, string> consumer, int count)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        return [.. Enumerable.Range(0, count).Select(_ => consumer.Consume(deadline.Token).Message.Value)];
    }

    private static async Task ProduceAsync(int port, string word, int count)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        foreach (string text in Texts(word, count))
        {
            WireStruct answer = await client.CallAsync("Produce", 9, Requests.Produce("t", 0, TestBatch.Build(text)));
            Assert.Equal(0, answer.Only("responses").Only("partition_responses").Number("error_code"));
        }
    }

    private Task<StandaloneBroker> StartAsync(int port) =>
        StandaloneBroker.StartAsync("--data", _directory.Path, "--port", $"{port}", "--topic", "t");

    /// <summary>Takes the last batches, as a power cut may, and writes more than there were.</summary>
    private async Task<StandaloneBroker> CutAndRestartAsync(StandaloneBroker first)
    {
        int port = first.Port;
        Guid id;
        using (RawClient client = await RawClient.ConnectAsync(port))
        {
            id = await client.TopicIdAsync("t");
        }

        await first.KillAsync();
        string log = Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "topics", $"{id:N}-0"), "*.log"));
        using (FileStream file = new(log, FileMode.Open))
        {
            Assert.Equal(0, file.Length % Before);
            file.SetLength(file.Length / Before * Kept);
        }

        StandaloneBroker second = await StartAsync(port);
        await ProduceAsync(port, "new", After);
        return second;
    }
}
