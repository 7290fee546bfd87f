using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// A record that fails behind a store meets the same handler with the same attribution whether it got there at once or has
/// waited in a cache for the commit, at least once and exactly once: the recordings E04 of Kafka Streams, and more.
/// </summary>
public sealed class FlushPathTests
{
    private static readonly TopicPartition Input = new("in", 0);
    private static readonly TopicPartition Dead = new("dead", 0);
    private static readonly string Large = new('x', 200);

    public static TheoryData<ProcessingGuarantee, bool> Modes => new()
    {
        { ProcessingGuarantee.AtLeastOnce, false },
        { ProcessingGuarantee.AtLeastOnce, true },
        { ProcessingGuarantee.ExactlyOnce, false },
        { ProcessingGuarantee.ExactlyOnce, true },
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task An_operator_that_throws(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached);
        await run.StartAsync(rows => rows.MapValues(v => v.Contains("bad", StringComparison.Ordinal)
            ? throw new InvalidOperationException("boom " + v)
            : v).To("out"));

        await run.FailsOnce(ErrorStage.Processing, "KSTREAM-MAPVALUES-0000000003", typeof(InvalidOperationException), "boom abad", "abad");
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_serde_that_throws(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached);
        await run.StartAsync(rows => rows.To("out", new() { ValueSerde = new PickySerde() }));

        await run.FailsOnce(ErrorStage.Production, "KSTREAM-SINK-0000000003", typeof(FormatException), "cannot write abad", "abad");
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_topic_chooser_that_names_a_topic_which_does_not_exist(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached);
        await run.StartAsync(rows => rows.To(record => record.Value.Contains("bad", StringComparison.Ordinal) ? "missing" : "out"));

        await run.FailsOnce(ErrorStage.Production, "KSTREAM-SINK-0000000003", typeof(KafkaClientException), "there is no topic 'missing'", "abad");
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_record_that_the_client_refuses(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached);
        var clients = new PickyClients(run.Harness.Kafka, "out", maxBytes: 150);
        await run.StartAsync(Inflate, clients);

        await run.FailsOnce(ErrorStage.Production, "KSTREAM-SINK-0000000004", typeof(KafkaClientException), "MSG_SIZE_TOO_LARGE", Large);
    }

    /// <summary>
    /// The refusal comes when the records behind it have gone on. Exactly once the work is done again, the input at hand; at
    /// least once the input is read again for the dead letter.
    /// </summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_record_that_the_broker_refuses(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached);
        await run.StartAsync(Inflate);

        // At least once the result was bytes on their way when it was refused.
        var shown = guarantee == ProcessingGuarantee.ExactlyOnce ? Large : null;
        await run.FailsOnce(ErrorStage.Production, "KSTREAM-SINK-0000000004", typeof(KafkaClientException), "MSG_SIZE_TOO_LARGE", shown);
    }

    /// <summary>The input goes on while a transaction is done again, so a cache may hand on something else each time.</summary>
    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    public async Task A_refused_record_that_is_another_in_each_attempt_is_left_out_all_the_same(bool cached, int attempts)
    {
        await using var run = new Run(ProcessingGuarantee.ExactlyOnce, cached, ErrorResponse.Continue);
        var attempt = 0;
        await run.StartAsync(rows => rows
            .MapValues(v => v.Contains("bad", StringComparison.Ordinal) ? Large + Interlocked.Increment(ref attempt) : v)
            .To("out"));
        run.SendAll();
        await run.UntilCommitted();

        Assert.Equal(["a", "c"], run.Harness.Values("out"));
        Assert.Single(run.Asked);
        Assert.Equal(attempts, attempt);
    }

    /// <summary>Y2 of Kafka Streams 4.3: there the dead letter is aborted with the transaction and sent no more.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_letter_survives_the_abort_of_its_transaction_and_is_there_once(bool cached)
    {
        await using var run = new Run(ProcessingGuarantee.ExactlyOnce, cached);
        var fault = run.Harness.Kafka.Faults.Fail(
            ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 2, Times = 2 });
        await run.StartAsync(rows => rows.To("out", new() { ValueSerde = new PickySerde() }));
        run.SendAll();
        await run.UntilCommitted();

        Assert.Equal(2, fault.Hits);
        Assert.Equal(["bad"], run.Harness.Values("dead"));
        Assert.Equal(["a", "c"], run.Harness.Values("out"));
    }

    /// <summary>
    /// The writes are taken back: state, changelog and those behind are what they were before them. Those that were told of
    /// the update already are told so.
    /// </summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_value_of_a_store_that_cannot_be_written(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached) { StoreSerde = new PickySerde() };
        await run.StartAsync(rows => rows.To("out", new() { ValueSerde = Serdes.String }));
        run.SendAll();
        await run.UntilCommitted();
        run.Harness.Send("in", 0, "k", "d", timestamp: 7);
        await run.UntilCommitted(4);

        Assert.Equal(cached ? ["a", "ad"] : ["a", "abad", "a", "ad"], run.ValuesOf("k", "out"));
        Assert.Equal(["c"], run.ValuesOf("l", "out"));
        Assert.Equal(["a", "ad"], run.ValuesOf("k", "app-st-changelog"));
        var error = Assert.Single(run.Asked);
        Assert.Equal((ErrorStage.Production, "st", "in", 1L), (error.Stage, error.Operator, error.Topic, error.Offset));
        Assert.Equal(["bad"], run.Harness.Values("dead"));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Continue_leaves_out_the_record_and_nothing_else(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached, ErrorResponse.Continue);
        await run.StartAsync(rows => rows.To("out", new() { ValueSerde = new PickySerde() }));
        run.SendAll();
        await run.UntilCommitted();

        Assert.Equal(["a", "c"], run.Harness.Values("out"));
        Assert.Empty(run.Harness.Values("dead"));
        Assert.Single(run.Asked);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Fail_ends_the_thread_and_names_the_record(ProcessingGuarantee guarantee, bool cached)
    {
        await using var run = new Run(guarantee, cached, ErrorResponse.Fail);
        var application = await run.StartAsync(rows => rows.To("out", new() { ValueSerde = new PickySerde() }));
        run.SendAll();
        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Contains("record in-0 offset 1: cannot write abad", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Single(run.Asked);
    }

    /// <summary>The bytes are kept for dead letters; without a topic for them a handler still learns the position.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_dead_letter_topic_the_position_is_known_all_the_same(bool cached)
    {
        await using var run = new Run(ProcessingGuarantee.AtLeastOnce, cached, ErrorResponse.Continue, deadLetterTopic: "");
        await run.StartAsync(rows => rows.To("out", new() { ValueSerde = new PickySerde() }));
        run.SendAll();
        await run.UntilCommitted();

        var error = Assert.Single(run.Asked);
        Assert.Equal(("in", 0, 1L, !cached), (error.Topic, error.Partition, error.Offset, error.HasSource));
        Assert.Equal(cached ? -1 : 5, error.Timestamp);
        Assert.Equal(cached, error.SourceKey is null);
    }

    private static void Inflate(KStream<string, string> rows) =>
        rows.MapValues(v => v.Contains("bad", StringComparison.Ordinal) ? Large : v).To("out");

    /// <summary>An application that keeps the concatenated values of each key, and what its handler was asked.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly ProcessingGuarantee _guarantee;
        private readonly bool _cached;
        private readonly ErrorResponse _answer;
        private readonly string _deadLetterTopic;

        public Run(
            ProcessingGuarantee guarantee, bool cached, ErrorResponse answer = ErrorResponse.DeadLetter,
            string deadLetterTopic = "dead")
        {
            (_guarantee, _cached, _answer, _deadLetterTopic) = (guarantee, cached, answer, deadLetterTopic);
            Harness.Kafka.CreateTopic("out", 1, new Dictionary<string, string> { ["max.message.bytes"] = "100" });
        }

        public AppHarness Harness { get; } = new(("in", 1), ("dead", 1));

        public ConcurrentQueue<ErrorContext> Asked { get; } = new();

        /// <summary>Of the store's values; null for one that writes everything.</summary>
        public ISerde<string>? StoreSerde { get; init; }

        public Task<StreamsApplication> StartAsync(Action<KStream<string, string>> behind, IKafkaClients? clients = null) =>
            Harness.StartAsync(
                builder => behind(builder.Stream<string, string>("in")
                    .GroupByKey()
                    .Aggregate(() => "", (_, v, a) => a + v, new() { Name = "st", ValueSerde = StoreSerde })
                    .ToStream()),
                options =>
                {
                    options.ProcessingGuarantee = _guarantee;
                    options.CacheMaxBytes = _cached ? 1_000_000 : 0;
                    options.DeadLetterTopic = _deadLetterTopic;
                    options.ProcessingErrorHandler = Answer;
                    options.ProductionErrorHandler = Answer;
                },
                clients: clients);

        /// <summary>Two records of key k, the second of which is bad, and one of another key.</summary>
        public void SendAll()
        {
            Harness.Send("in", 0, "k", "a", timestamp: 4);
            AwaitCommit(1);
            Harness.Kafka.Append(
                Input, "k"u8.ToArray(), "bad"u8.ToArray(), 5, Headers.Empty.With("h", "1"));
            Harness.Send("in", 0, "l", "c", timestamp: 6);
        }

        public Task UntilCommitted(long offset = 3) => AppHarness.Until(
            () => Harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == offset, $"the commit of {offset}");

        /// <param name="stage">Where it fails.</param>
        /// <param name="name">The operator.</param>
        /// <param name="exception">Type of the failure.</param>
        /// <param name="message">Part of its message.</param>
        /// <param name="shown">Value of the record at the operator; null when there is none.</param>
        public async Task FailsOnce(ErrorStage stage, string name, Type exception, string message, string? shown)
        {
            SendAll();
            await UntilCommitted();

            Assert.Equal(["a", "c"], Harness.Values("out"));
            var error = Assert.Single(Asked);
            Assert.Equal((stage, name, new TaskId(0, 0)), (error.Stage, error.Operator, error.TaskId));
            Assert.Equal(("in", 0, 1L, 5L), (error.Topic, error.Partition, error.Offset, error.Timestamp));
            Assert.Equal("k=bad", $"{Encoding.UTF8.GetString(error.SourceKey!.Value.Span)}={Encoding.UTF8.GetString(error.SourceValue!.Value.Span)}");
            Assert.Equal("h", Assert.Single(error.Headers).Key);
            Assert.Equal<(object?, object?)>((shown is null ? null : "k", shown), (error.Record?.Key, error.Record?.Value));
            AssertDeadLetter(exception, message);
        }

        public IEnumerable<string> ValuesOf(string key, string topic) =>
            from record in Harness.Kafka.Read(new TopicPartition(topic, 0))
            where Encoding.UTF8.GetString(record.Key!) == key
            select Encoding.UTF8.GetString(record.Value!);

        public ValueTask DisposeAsync() => Harness.DisposeAsync();

        private void AssertDeadLetter(Type exception, string message)
        {
            var dead = Assert.Single(Harness.Kafka.Read(Dead));
            Assert.Equal(("k", "bad", 5L), (Encoding.UTF8.GetString(dead.Key!), Encoding.UTF8.GetString(dead.Value!), dead.Timestamp));
            string[] names =
            [
                "h", "__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace",
                "__streams.errors.topic", "__streams.errors.partition", "__streams.errors.offset", "streamflow.errors.task",
                "streamflow.errors.operator", "streamflow.errors.stage",
            ];
            Assert.Equal(names, dead.Headers.Select(h => h.Key));
            var texts = dead.Headers.Select(h => Encoding.UTF8.GetString(h.Value!)).ToList();
            Assert.Equal(("1", exception.FullName, "in", "0", "1"), (texts[0], texts[1], texts[4], texts[5], texts[6]));
            Assert.Contains(message, texts[2], StringComparison.Ordinal);
            Assert.Contains(message, texts[3], StringComparison.Ordinal);
        }

        private void AwaitCommit(long offset) => UntilCommitted(offset).GetAwaiter().GetResult();

        private ErrorResponse Answer(in ErrorContext context)
        {
            Asked.Enqueue(context);
            return _answer;
        }
    }

    /// <summary>Text, but for what contains "bad".</summary>
    private sealed class PickySerde : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            if (value.Contains("bad", StringComparison.Ordinal))
            {
                throw new FormatException("cannot write " + value);
            }

            writer.Write(Encoding.UTF8.GetBytes(value));
        }

        public string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }
}
