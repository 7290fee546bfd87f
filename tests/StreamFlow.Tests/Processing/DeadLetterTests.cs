using System.Text;
using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Tests.Processing;

/// <summary>What is left out of a dead letter, and in which order.</summary>
public sealed class DeadLetterTests
{
    private static readonly string[] WholeHeaders =
    [
        "h", "__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace", "__streams.errors.topic",
        "__streams.errors.partition", "__streams.errors.offset", "streamflow.errors.task", "streamflow.errors.operator", "streamflow.errors.stage",
    ];

    private static readonly string[] CutHeaders =
    [
        .. WholeHeaders, "streamflow.errors.left.out", "streamflow.errors.key.size", "streamflow.errors.value.size",
        "streamflow.errors.headers.size", "streamflow.errors.timestamp",
    ];

    [Fact]
    public void Whole_it_is_the_record_with_the_headers_of_Kafka_Streams()
    {
        var letter = Letter("key", "value", "boom");

        Assert.Equal("key=value", Show(letter, "key", "value"));
        Assert.Equal(WholeHeaders, letter.ToHeaders().Select(h => h.Key));
    }

    [Fact]
    public void The_value_goes_first_and_its_size_is_told()
    {
        var letter = Letter("key", "value", "boom");
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.Equal("key=null", Show(letter, "key", "value"));
        Assert.Equal(CutHeaders, letter.ToHeaders().Select(h => h.Key));
        Assert.Equal("value", Header(letter, "streamflow.errors.left.out"));
        Assert.Equal(("3", "5", "2"), (
            Header(letter, "streamflow.errors.key.size"), Header(letter, "streamflow.errors.value.size"),
            Header(letter, "streamflow.errors.headers.size")));
        Assert.Equal(("0_2", "op", "Processing"), (
            Header(letter, "streamflow.errors.task"), Header(letter, "streamflow.errors.operator"),
            Header(letter, "streamflow.errors.stage")));
        Assert.Equal(("in", "2", "7"), (
            Header(letter, "__streams.errors.topic"), Header(letter, "__streams.errors.partition"), Header(letter, "__streams.errors.offset")));
    }

    [Fact]
    public void Very_long_texts_go_before_the_value()
    {
        var letter = Letter("key", "value", new string('m', 100_000));
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.Equal("key=value", Show(letter, "key", "value"));
        Assert.Equal("text", Header(letter, "streamflow.errors.left.out"));
        Assert.StartsWith("mmmm", Header(letter, "__streams.errors.message"), StringComparison.Ordinal);
        Assert.EndsWith("... (95904 characters more)", Header(letter, "__streams.errors.message"), StringComparison.Ordinal);
        Assert.True(Header(letter, "__streams.errors.stacktrace").Length < 5000);
    }

    [Fact]
    public void A_large_key_goes_after_the_value_a_small_one_stays()
    {
        var key = new string('k', 2000);
        var letter = Letter(key, "value", "boom");
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));
        Assert.Equal($"{key}=null", Show(letter, key, "value"));
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.Equal("null=null", Show(letter, key, "value"));
        Assert.Equal("value,key", Header(letter, "streamflow.errors.left.out"));
        Assert.Equal("2000", Header(letter, "streamflow.errors.key.size"));
    }

    [Fact]
    public void The_records_own_headers_go_then_and_the_rest_of_the_texts_last()
    {
        var letter = Letter("key", "value", new string('m', 300));
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));
        Assert.Equal("value,headers", Header(letter, "streamflow.errors.left.out"));
        Assert.Equal(CutHeaders[1..], letter.ToHeaders().Select(h => h.Key));
        Assert.Equal(300, Header(letter, "__streams.errors.message").Length);
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.EndsWith("... (100 characters more)", Header(letter, "__streams.errors.message"), StringComparison.Ordinal);
        Assert.StartsWith("...", Header(letter, "__streams.errors.stacktrace"), StringComparison.Ordinal);
        Assert.Equal("key=null", Show(letter, "key", "value"));
        Assert.Equal(9, letter.Part(Record("key", "value"), 1000).Timestamp);
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));
        Assert.Equal(1000, letter.Part(Record("key", "value"), 1000).Timestamp);
        Assert.False(letter.TryCut("MSG_SIZE_TOO_LARGE"));
    }

    [Theory]
    [InlineData("INVALID_TIMESTAMP: too far ahead")]
    [InlineData("INVALID_RECORD: Broker failed to validate record")]
    public void A_time_that_the_topic_does_not_take_goes_into_a_header(string refusal)
    {
        var letter = Letter("key", "value", "boom");
        Assert.True(letter.TryCut(refusal));

        Assert.Equal(("key=value", 1000L), (Show(letter, "key", "value"), letter.Part(Record("key", "value"), 1000).Timestamp));
        Assert.Equal(("timestamp", "9"), (Header(letter, "streamflow.errors.left.out"), Header(letter, "streamflow.errors.timestamp")));
        Assert.Equal(CutHeaders, letter.ToHeaders().Select(h => h.Key));
        Assert.True(letter.TryCut(refusal));
        Assert.Equal("timestamp,value", Header(letter, "streamflow.errors.left.out"));
    }

    [Fact]
    public void A_partition_that_is_gone_is_replaced_by_one_that_is_there()
    {
        var letter = Letter("key", "value", "boom");
        letter.Partition = 3;
        Assert.True(letter.TryCut("_UNKNOWN_PARTITION: gone"));

        Assert.Equal("0: key=value", $"{letter.Partition}: {Show(letter, "key", "value")}");
    }

    [Fact]
    public void A_tombstone_has_no_value_to_leave_out()
    {
        var letter = Letter("key", null, "boom");
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.Equal("headers", Header(letter, "streamflow.errors.left.out"));
        Assert.Equal("-1", Header(letter, "streamflow.errors.value.size"));
    }

    [Fact]
    public void Texts_are_not_cut_in_the_middle_of_a_character()
    {
        var letter = Letter("key", null, new string('m', 4095) + "\U0001F600" + new string('m', 5000));
        Assert.True(letter.TryCut("MSG_SIZE_TOO_LARGE"));

        Assert.StartsWith(new string('m', 4095) + "... (5002", Header(letter, "__streams.errors.message"), StringComparison.Ordinal);
    }

    private static DeadLetter Letter(string key, string? value, string message)
    {
        var error = new ErrorContext
        {
            Stage = ErrorStage.Processing,
            TaskId = new TaskId(0, 2),
            Operator = "op",
            Exception = new InvalidOperationException(message),
            Topic = "in",
            Partition = 2,
            Offset = 7,
        };
        return new DeadLetter(in error, Record(key, value), Headers.Empty.With("h", "1"));
    }

    private static ByteRecord Record(string key, string? value) => new()
    {
        Key = Encoding.UTF8.GetBytes(key),
        HasKey = true,
        Value = value is null ? default : Encoding.UTF8.GetBytes(value),
        HasValue = value is not null,
        Timestamp = 9,
    };

    private static string Show(DeadLetter letter, string key, string? value)
    {
        var part = letter.Part(Record(key, value), 1000);
        return $"{(part.HasKey ? Encoding.UTF8.GetString(part.Key) : "null")}={(part.HasValue ? Encoding.UTF8.GetString(part.Value) : "null")}";
    }

    private static string Header(DeadLetter letter, string name) =>
        letter.ToHeaders().TryGetLast(name, out var value) ? Encoding.UTF8.GetString(value!) : "missing";
}
