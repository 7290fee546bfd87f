using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>The dead letter of a result that was refused after it was sent.</summary>
public sealed class ResultLetterTests
{
    private static readonly TopicPartition Input = new("in", 0);
    private static readonly string Large = new('x', 200);

    /// <summary>Topic and offset are the input's either way: only a header tells that it is not the input.</summary>
    [Theory]
    [InlineData(true, "out")]
    [InlineData(false, null)]
    public async Task It_says_when_it_is_the_result_and_not_the_input(bool isGone, string? topic)
    {
        await using var harness = new AppHarness(("in", 1), ("dead", 1));
        harness.Kafka.CreateTopic("out", 1, new Dictionary<string, string> { ["max.message.bytes"] = "100" });
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").MapValues(v => v + "!").To("out"),
            options =>
            {
                options.ProcessingGuarantee = ProcessingGuarantee.AtLeastOnce;
                options.DeadLetterTopic = "dead";
                options.ProductionErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
            },
            clients: isGone ? new ForgetfulClients(harness.Kafka) : null);
        harness.Send("in", 0, "k", Large);
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == 1, "the commit");

        var letter = Assert.Single(harness.Kafka.Read(new TopicPartition("dead", 0)));
        Assert.Equal(isGone ? Large + "!" : Large, Encoding.UTF8.GetString(letter.Value!));
        Assert.Equal(("in", "0", topic), (
            Header(letter, "__streams.errors.topic"), Header(letter, "__streams.errors.offset"), Header(letter, "streamflow.errors.result")));
        Assert.Null(application.Status.Error);
    }

    private static string? Header(InMemoryRecord record, string name) =>
        record.Headers.TryGetLast(name, out var value) ? Encoding.UTF8.GetString(value!) : null;

    /// <summary>An input record is not found a second time.</summary>
    private sealed class ForgetfulClients(IKafkaClients inner) : IKafkaClients
    {
        public IKafkaConsumer CreateConsumer(ConsumerRole role) =>
            role.ClientId.EndsWith("-dead-letter", StringComparison.Ordinal)
                ? throw new KafkaClientException("It is not there any more.", KafkaErrorKind.Refused)
                : inner.CreateConsumer(role);

        public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

        public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }
}
