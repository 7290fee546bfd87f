using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Clients;
using StreamFlow.Dashboard.Tests.Support;
using Headers = StreamFlow.Headers;
using TopicPartition = StreamFlow.TopicPartition;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>What a replay sends, what it does not, and what it says of that.</summary>
public sealed class ReplayTests
{
    private const string Path = $"applications/{PageHost.Application}/deadletters";
    private static readonly Uri Replays = new($"/streamflow/api/v1/{Path}/replays", UriKind.Relative);

    [Fact]
    public async Task A_letter_that_is_a_result_is_not_sent_to_where_the_input_came_from()
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, WithLetters);
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = host.BootstrapServers }).Build())
        {
            await producer.ProduceAsync("letters", new Message<string, string>
            {
                Key = "k",
                Value = "a result",
                Headers =
                [
                    new Confluent.Kafka.Header("__streams.errors.topic", "orders"u8.ToArray()),
                    new Confluent.Kafka.Header("__streams.errors.partition", "0"u8.ToArray()),
                    new Confluent.Kafka.Header("__streams.errors.offset", "0"u8.ToArray()),
                    new Confluent.Kafka.Header("streamflow.errors.result", "category-counts"u8.ToArray()),
                ],
            });
        }

        using var started = await PostAsync(host, "{}");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var replay = JsonDocument.Parse(await started.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString();
        var end = await host.UntilAsync($"{Path}/replays/{replay}", r => r.GetProperty("finished").GetBoolean());

        Assert.Equal((0, 1), (end.GetProperty("done").GetInt64(), end.GetProperty("failed").GetInt64()));
        Assert.Contains("a result for topic 'category-counts'", end.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(KafkaReader.ReadAll(host.BootstrapServers, "orders", 2));
    }

    [Theory]
    [InlineData("""{"ids":[null]}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"ids":["0-0"]}""", "application/json; charset=klingon", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, "application/json", HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_that_is_none_is_told_as_that(string? body, string type, HttpStatusCode status)
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, builder =>
        {
            WithLetters(builder);
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1000);
        });

        using var response = await PostAsync(host, body ?? new string(' ', 2000), type);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>What was handed to the producer before is acknowledged, and counts.</summary>
    [Fact]
    public void What_was_sent_before_a_batch_was_broken_off_is_counted()
    {
        var producer = new Producer { Acknowledges = true };
        var sender = Sender(producer);

        Assert.Throws<OperationCanceledException>(() => sender.Send(Broken(3), 5));

        Assert.Equal((3, 3, 0, 0), (producer.Taken, sender.Done, sender.Failed, sender.Unknown));
    }

    [Fact]
    public void What_is_not_acknowledged_counts_as_unknown_and_not_as_done()
    {
        var producer = new Producer { Acknowledges = false };
        producer.Failures.Enqueue(Failure(KafkaErrorKind.Refused));
        producer.Failures.Enqueue(Failure(KafkaErrorKind.Retriable));
        var sender = Sender(producer);

        Assert.Throws<TimeoutException>(() => sender.Send(Letters(4), 5));

        Assert.Equal((0, 2, 3), (sender.Done, sender.Failed, sender.Unknown));
    }

    [Fact]
    public void Names_of_a_strangers_headers_take_no_memory_without_end()
    {
        var index = new LetterIndex();
        for (var i = 0; i < 1000; i++)
        {
            index.Add(LetterOf(i, ("streamflow.errors.operator", $"{i}{new string('x', 10_000)}")));
        }

        Assert.True(index.ByOperator.Count <= 201, $"{index.ByOperator.Count} names");
        Assert.Equal(1000, index.ByOperator.Values.Sum());
        Assert.All(index.ByOperator.Keys, name => Assert.True(name.Length <= 200));
        Assert.True(index.HasAll);
    }

    [Fact]
    public void An_index_that_has_let_letters_go_does_not_say_that_it_has_all()
    {
        var index = new LetterIndex();
        for (var i = 0; i <= LetterIndex.Kept; i++)
        {
            index.Add(LetterOf(i));
        }

        Assert.Equal((LetterIndex.Kept + 1, LetterIndex.Kept, false), (index.Total, index.Entries.Count, index.HasAll));
    }

    private static LetterSender Sender(Producer producer) =>
        new(producer, new HashSet<string> { "orders" }, new FakeTimeProvider(), CancellationToken.None);

    private static IEnumerable<Letter> Letters(int count) => Enumerable.Range(0, count).Select(i => LetterOf(
        i, ("__streams.errors.topic", "orders"), ("__streams.errors.partition", "0"), ("__streams.errors.offset", "0")));

    private static IEnumerable<Letter> Broken(int count)
    {
        foreach (var letter in Letters(count))
        {
            yield return letter;
        }

        throw new OperationCanceledException();
    }

    private static Letter LetterOf(int offset, params (string Name, string Text)[] headers) => new(new ReadRecord(
        new TopicPartition("letters", 0), offset, 0, "k"u8.ToArray(), "v"u8.ToArray(),
        headers.Aggregate(Headers.Empty, (all, header) => all.With(header.Name, header.Text))));

    private static DeliveryFailure Failure(KafkaErrorKind kind) =>
        new(new TopicPartition("orders", 0), "no", kind, null, null) { Number = 0 };

    private static async Task<HttpResponseMessage> PostAsync(PageHost host, string body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Replays) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await host.Client.SendAsync(request);
    }

    private static void WithLetters(WebApplicationBuilder builder)
    {
        builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeadLetterTopic"] = "letters";
        builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeserializationErrors"] = "DeadLetter";
    }

    private sealed class Producer : IKafkaProducer
    {
        public required bool Acknowledges { get; init; }

        public Queue<DeliveryFailure> Failures { get; } = new();

        public int Taken { get; private set; }

        public ProducerTopic Topic(string name) => new One(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers) => ++Taken > 0;

        public void Poll(TimeSpan timeout)
        {
            // Nothing is waited for.
        }

        public bool Drain(TimeSpan timeout) => Acknowledges;

        public bool TryTakeFailure(out DeliveryFailure failure) => Failures.TryDequeue(out failure);

        public void InitTransactions(TimeSpan timeout) => throw new NotSupportedException();

        public void BeginTransaction() => throw new NotSupportedException();

        public void SendOffsetsToTransaction(IReadOnlyList<PartitionOffset> offsets, StreamFlow.Clients.ConsumerGroupMetadata group, TimeSpan timeout) =>
            throw new NotSupportedException();

        public void CommitTransaction(TimeSpan timeout) => throw new NotSupportedException();

        public void AbortTransaction(TimeSpan timeout) => throw new NotSupportedException();

        public void Dispose()
        {
            // It holds nothing.
        }

        private sealed class One(string name) : ProducerTopic
        {
            public override string Name => name;

            public override int PartitionCount => 1;

            public override long LastDeliveredOffset(int partition) => -1;
        }
    }
}
