using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Dead letters that are refused themselves: by the client at once, or by the topic later.</summary>
public sealed class DeadLetterTests
{
    private static readonly TopicPartition Input = new("in", 0);
    private static readonly string Large = "bad" + new string('x', 20_000);

    public static TheoryData<ProcessingGuarantee, bool> Refusals => new()
    {
        { ProcessingGuarantee.AtLeastOnce, true },
        { ProcessingGuarantee.AtLeastOnce, false },
        { ProcessingGuarantee.ExactlyOnce, true },
        { ProcessingGuarantee.ExactlyOnce, false },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_that_is_too_large_goes_without_its_value(ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 10_000);
        await run.StartAsync();
        run.Send("k", Large, Headers.Empty.With("h", "1"));
        await run.UntilCommitted();

        var letter = Assert.Single(run.Letters);
        Assert.Equal("k", Encoding.UTF8.GetString(letter.Key!));
        Assert.Null(letter.Value);
        Assert.Equal(5, letter.Timestamp);
        Assert.Equal(("1", "in", "0", "1"), (
            Header(letter, "h"), Header(letter, "__streams.errors.topic"), Header(letter, "__streams.errors.partition"),
            Header(letter, "__streams.errors.offset")));
        Assert.Equal(("value", "20003"), (Header(letter, "streamflow.errors.left.out"), Header(letter, "streamflow.errors.value.size")));
        Assert.Equal(["a!", "c!"], run.Harness.Values("out"));
        Assert.Null(run.Application.Status.Error);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_with_a_large_key_goes_without_it(ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 10_000);
        await run.StartAsync();
        run.Send(new string('k', 20_000), "bad", Headers.Empty.With("h", "1"));
        await run.UntilCommitted();

        var letter = Assert.Single(run.Letters);
        Assert.True(letter.Key is null && letter.Value is null);
        Assert.Equal(("value,key", "20000", "1"), (
            Header(letter, "streamflow.errors.left.out"), Header(letter, "streamflow.errors.key.size"), Header(letter, "h")));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_with_large_headers_goes_without_those_of_its_own(ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 10_000);
        await run.StartAsync();
        run.Send("k", "bad", Headers.Empty.With("h", new string('h', 20_000)));
        await run.UntilCommitted();

        var letter = Assert.Single(run.Letters);
        Assert.Equal(("missing", "20001", "1"), (
            Header(letter, "h"), Header(letter, "streamflow.errors.headers.size"), Header(letter, "__streams.errors.offset")));
        Assert.Equal("k", Encoding.UTF8.GetString(letter.Key!));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_whose_error_has_very_much_to_say_keeps_its_value(ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 15_000) { Message = new string('m', 50_000) };
        await run.StartAsync();
        run.Send("k", "bad", null);
        await run.UntilCommitted();

        var letter = Assert.Single(run.Letters);
        Assert.Equal("bad", Encoding.UTF8.GetString(letter.Value!));
        Assert.StartsWith("mmmm", Header(letter, "__streams.errors.message"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_that_fits_in_no_way_leaves_a_line_in_the_log_and_the_record_is_left_out(
        ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 50) { Fallback = ErrorResponse.Continue };
        await run.StartAsync();
        run.Send("k", Large, Headers.Empty.With("h", "1"));
        await run.UntilCommitted();

        Assert.Empty(run.Letters);
        Assert.Equal(["a!", "c!"], run.Harness.Values("out"));
        var line = Assert.Single(run.Log.Messages, m => m.Contains("Its dead letter was refused", StringComparison.Ordinal));
        Assert.StartsWith(
            "Task 0_0: KSTREAM-MAPVALUES-0000000001 failed in Processing on input in-0 offset 1 (time 5, key 1, value 20003, 1 headers "
            + "2 bytes): System.InvalidOperationException: I do not like it. Its dead letter was refused by dead whatever was left out: ",
            line, StringComparison.Ordinal);
        Assert.EndsWith("Answer Continue [SF1010]", line, StringComparison.Ordinal);
        Assert.Null(run.Application.Status.Error);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_that_fits_in_no_way_fails_with_the_position_of_its_input(ProcessingGuarantee guarantee, bool byClient)
    {
        await using var run = new Run(guarantee, byClient, limit: 50);
        await run.StartAsync();
        run.Send("k", Large, Headers.Empty.With("h", "1"));
        await AppHarness.Until(() => run.Application.State == StreamsState.Error, "the failure");

        var error = Assert.IsType<RecordFailedException>(run.Application.Status.Error);
        Assert.Contains(
            "Task 0_0: KSTREAM-MAPVALUES-0000000001 failed in Processing on record in-0 offset 1: I do not like it. Its dead letter was "
            + "refused too", error.Message, StringComparison.Ordinal);
        Assert.Contains("DeadLetterFallback", error.Message, StringComparison.Ordinal);
        Assert.Equal(("in", 0, 1L), (error.Error.Topic, error.Error.Partition, error.Error.Offset));
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_topic_that_is_missing_is_met_by_the_fallback(ProcessingGuarantee guarantee)
    {
        await using var run = new Run(guarantee, byClient: true, limit: null) { Fallback = ErrorResponse.Continue, Topic = "missing" };
        await run.StartAsync();
        run.Send("k", "bad", null);
        await run.UntilCommitted();

        Assert.Equal(["a!", "c!"], run.Harness.Values("out"));
        Assert.Single(run.Log.Messages, m => m.Contains("there is no topic 'missing'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Tombstones_and_records_without_a_key_have_letters_too(ProcessingGuarantee guarantee)
    {
        await using var run = new Run(guarantee, byClient: true, limit: null);
        await run.StartAsync(b => b.Stream<string, string>("in")
            .Filter(record => record.HasKey && record.HasValue ? true : throw new InvalidOperationException("no"))
            .To("out"));
        run.Harness.Kafka.Append(Input, null, "bad"u8.ToArray(), 5);
        run.Harness.Kafka.Append(Input, "k"u8.ToArray(), null, 6);
        await run.UntilCommitted(4);

        Assert.Equal([(false, true), (true, false)], run.Letters.Select(l => (l.Key is not null, l.Value is not null)));
        Assert.Equal(["1", "2"], run.Letters.Select(l => Header(l, "__streams.errors.offset")));
    }

    /// <summary>The topic has fewer partitions than the input: the key decides, as everywhere.</summary>
    [Fact]
    public async Task Letters_of_many_partitions_find_a_topic_with_one()
    {
        await using var harness = new AppHarness(("in", 5), ("out", 1), ("dead", 1));
        await harness.StartAsync(
            b => b.Stream<string, string>("in").MapValues(v => v.Length > 0 ? throw new InvalidOperationException("no") : v).To("out"),
            options =>
            {
                options.DeadLetterTopic = "dead";
                options.ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
            });
        for (var i = 0; i < 5; i++)
        {
            harness.Send("in", i, $"k{i}", $"{i}");
        }

        await AppHarness.Until(() => harness.Values("dead").Count == 5, "five letters");
        Assert.Equal(["0", "1", "2", "3", "4"], harness.Values("dead").Order());
    }

    private static string Header(InMemoryRecord record, string name) =>
        record.Headers.TryGetLast(name, out var value) ? Encoding.UTF8.GetString(value!) : "missing";

    /// <summary>An application that does not like what begins with "bad", and a dead letter topic with a limit.</summary>
    private sealed class Run(ProcessingGuarantee guarantee, bool byClient, int? limit) : IAsyncDisposable
    {
        public AppHarness Harness { get; } = new(("in", 1), ("out", 1));

        public ListLogger Log { get; } = new();

        public StreamsApplication Application { get; private set; } = null!;

        public ErrorResponse Fallback { get; init; } = ErrorResponse.Fail;

        public string Topic { get; init; } = "dead";

        public string Message { get; init; } = "I do not like it.";

        public IReadOnlyList<InMemoryRecord> Letters => Harness.Kafka.Read(new TopicPartition("dead", 0));

        public async Task StartAsync(Action<StreamsBuilder>? topology = null)
        {
            Harness.Kafka.CreateTopic("dead", 1, byClient || limit is null
                ? null
                : new Dictionary<string, string> { ["max.message.bytes"] = $"{limit}" });
            Harness.Send("in", 0, "k", "a");
            Application = await Harness.StartAsync(
                topology ?? Build,
                options =>
                {
                    options.MissingOutputTopics = MissingTopicResponse.Continue;
                    options.ProcessingGuarantee = guarantee;
                    options.DeadLetterTopic = Topic;
                    options.DeadLetterFallback = Fallback;
                    options.ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter;
                },
                new StreamsServices { Logging = Log },
                byClient && limit is { } bytes ? new PickyClients(Harness.Kafka, "dead", bytes) : null);
        }

        public void Send(string key, string value, Headers? headers)
        {
            Harness.Kafka.Append(Input, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), 5, headers);
            Harness.Send("in", 0, "k", "c");
        }

        public Task UntilCommitted(long offset = 3)
        {
            if (offset == 4)
            {
                Harness.Send("in", 0, "k", "c");
            }

            return AppHarness.Until(
                () => Harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == offset, $"the commit of {offset}");
        }

        public ValueTask DisposeAsync() => Harness.DisposeAsync();

        private void Build(StreamsBuilder builder) =>
            builder.Stream<string, string>("in")
                .MapValues(v => v.StartsWith("bad", StringComparison.Ordinal) ? throw new InvalidOperationException(Message) : v + "!")
                .To("out");
    }
}
