using System.Buffers;
using StreamFlow.Serialization;
using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Processing;

/// <summary>An error handler that throws: what it was asked about and what it threw are both told, with the record.</summary>
public sealed class HandlerFailureTests
{
    [Theory]
    [InlineData(ErrorStage.Deserialization, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ErrorStage.Processing, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ErrorStage.Production, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ErrorStage.Deserialization, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ErrorStage.Processing, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ErrorStage.Production, ProcessingGuarantee.ExactlyOnce)]
    public async Task Both_failures_and_the_record_are_in_the_exception_and_in_the_log(ErrorStage stage, ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var log = new ListLogger();
        harness.Send("in", 0, "k", "fine");
        harness.Send("in", 0, "k", "bad");
        var application = await harness.StartAsync(
            builder => builder
                .Stream<string, string>("in", new() { ValueSerde = new Picky(reads: stage == ErrorStage.Deserialization) })
                .MapValues(v => v == "bad" && stage == ErrorStage.Processing ? throw new FormatException("no good") : v)
                .To("out", new() { ValueSerde = new Picky(writes: stage == ErrorStage.Production) }),
            options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.DeserializationErrorHandler = Throws;
                options.ProcessingErrorHandler = Throws;
                options.ProductionErrorHandler = Throws;
            },
            new StreamsServices { Logging = log });

        var failure = await Assert.ThrowsAsync<RecordFailedException>(
            () => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Contains($"failed in {stage} on record in-0 offset 1: no good", failure.Message, StringComparison.Ordinal);
        Assert.Contains("threw KafkaClientException: the handler's own broker is away", failure.Message, StringComparison.Ordinal);
        Assert.Equal((stage, "in", 0, 1L), (failure.Error.Stage, failure.Error.Topic, failure.Error.Partition, failure.Error.Offset));
        var both = Assert.IsType<AggregateException>(failure.InnerException);
        Assert.Equal(["no good", "the handler's own broker is away [SF0906]"], both.InnerExceptions.Select(e => e.Message));
        Assert.Contains(
            log.Messages,
            m => m.Contains($"failed in {stage} on input in-0 offset 1 (no good)", StringComparison.Ordinal)
                && m.EndsWith("threw: the handler's own broker is away [SF0906] [SF1005]", StringComparison.Ordinal));
    }

    /// <summary>Nothing of what the handler threw is taken for a trouble of the engine's, which would try again.</summary>
    private static ErrorResponse Throws(in ErrorContext error) =>
        throw new KafkaClientException(
            "the handler's own broker is away", KafkaErrorKind.Retriable);

    private sealed class Picky(bool reads = false, bool writes = false) : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            if (writes && value == "bad")
            {
                throw new FormatException("no good");
            }

            Serdes.String.Serialize(value, writer);
        }

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            var value = Serdes.String.Deserialize(data);
            return reads && value == "bad" ? throw new FormatException("no good") : value;
        }
    }
}
