using System.Buffers;
using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl;

/// <summary>A key that the serde of a store cannot write fails where the row is looked up: it is the operator's failure.</summary>
public sealed class UnwritableKeyTests
{
    private readonly List<string> _asked = [];

    public static TheoryData<string, string, long> Cases => new()
    {
        { "count", "KSTREAM-AGGREGATE-0000000003", 0 },
        { "count", "KSTREAM-AGGREGATE-0000000003", 1_000_000 },
        { "windows", "KSTREAM-AGGREGATE-0000000003", 0 },
        { "windows", "KSTREAM-AGGREGATE-0000000003", 1_000_000 },
        { "table", "KTABLE-SOURCE-0000000001", 0 },
        { "table", "KTABLE-SOURCE-0000000001", 1_000_000 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_processing_error_handler_is_asked_about_the_record_and_the_others_go_on(string what, string node, long cacheBytes)
    {
        var harness = new TaskHarness(Build(what), Answer(ErrorResponse.Continue), cacheBytes: cacheBytes);

        harness.Pipe("in", "bad", "1", 1);
        harness.Pipe("in", "good", "1", 2);

        Assert.Equal([$"{ErrorStage.Processing} {node} cannot write bad"], _asked);
        Assert.Equal("good=1@2", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answered_Fail_it_names_operator_and_record(string what, string node, long cacheBytes)
    {
        var harness = new TaskHarness(Build(what), Answer(ErrorResponse.Fail), cacheBytes: cacheBytes);

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "bad", "1", 1));

        Assert.Contains($"{node} failed in Processing", error.Message, StringComparison.Ordinal);
        Assert.Single(_asked);
    }

    private ErrorHandler Answer(ErrorResponse response) => (in ErrorContext error) =>
    {
        _asked.Add($"{error.Stage} {error.Operator} {error.Exception.Message}");
        return response;
    };

    private static Topology Build(string what)
    {
        var builder = new StreamsBuilder();
        Consumed<Name, string> consumed = new() { KeySerde = new NameSerde("") };
        Materialized<Name, long> materialized = new() { KeySerde = new NameSerde("bad") };
        var counts = what switch
        {
            "count" => builder.Stream("in", consumed).GroupByKey().Count(materialized).ToStream(record => record.Key.Text),
            "windows" => builder.Stream("in", consumed).GroupByKey()
                .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero))
                .Count(materialized).ToStream(record => record.Key.Key.Text),
            _ => builder.Table("in", consumed, new() { Name = "rows", KeySerde = new NameSerde("bad") })
                .MapValues(_ => 1L).ToStream(record => record.Key.Text),
        };
        counts.MapValues(count => $"{count}").To("out");
        return builder.Build();
    }

    private sealed record Name(string Text);

    private sealed class NameSerde(string refused) : ISerde<Name>
    {
        public void Serialize(Name value, IBufferWriter<byte> writer)
        {
            if (value.Text == refused)
            {
                throw new FormatException($"cannot write {refused}");
            }

            Encoding.UTF8.GetBytes(value.Text, writer);
        }

        public Name Deserialize(ReadOnlySpan<byte> data) => new(Encoding.UTF8.GetString(data));
    }
}
