using System.Buffers;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// Records that fail, error handlers and dead letters. Handlers that send dead letters and go on are those that answer
/// <see cref="ErrorResponse.DeadLetter"/>; what failed is told in Java's names of the exceptions.
/// </summary>
internal static class ErrorScenarios
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["E01 deserialization LogAndContinueExceptionHandler"] = Reading,
        ["E01 deserialization LogAndFailExceptionHandler"] = Reading,
        ["E01 no DLQ topic set"] = Reading,
        ["E02 processing LogAndContinueProcessingExceptionHandler"] = Mapping,
        ["E02 processing LogAndFailProcessingExceptionHandler"] = Mapping,
        ["E03 sink before the failing branch: raw bytes are gone"] = b =>
        {
            var stream = In(b);
            stream.To("out");
            stream.MapValues(Boom).To("out2");
        },
        ["E03 sink after the failing branch"] = b =>
        {
            var stream = In(b);
            stream.MapValues(Boom).To("out2");
            stream.To("out");
        },
        ["E04 behind a logged store, cache off"] = Concatenating,
        ["E04 behind a cached store (flush at commit)"] = Concatenating,
        ["E05 behind a repartition topic"] = b => In(b).SelectKey((_, v) => v).Repartition(new() { Name = "r" }).MapValues(Boom).To("out"),
        ["E06 punctuator"] = b => In(b).Process(() => new Punctuating()).To("out"),
        ["E07 serialization error, default handler"] = Writing,
        ["E08 custom production handler"] = Writing,
        ["E09 custom processing handler, two records, config ignored"] = Mapping,
        ["E10 handler with the old handle()"] = Mapping,
        ["E10 handler answers null"] = Mapping,
        ["E10 response with null list"] = Mapping,
        [Global(false, "Continue")] = GlobalStore,
        [Global(false, "Fail")] = GlobalStore,
        [Global(true, "Continue")] = GlobalStore,
        [Global(true, "Fail")] = GlobalStore,
        ["E12 global table, deserialization error (the driver always continues there)"] = GlobalTable,
        ["E12 same without DLQ topic"] = GlobalTable,
        ["E13 exactly_once_v2"] = b => In(b).Peek((_, v) => Boom(v)).To("out"),
        [BothAsked + "LogAndFailProcessingExceptionHandler"] = WritingBehind,
        [BothAsked + "LogAndContinueProcessingExceptionHandler"] = WritingBehind,
    };

    private static readonly Dictionary<string, Func<Action<string>, ErrorHandler>> Handlers = new(StringComparer.Ordinal)
    {
        ["E01 no DLQ topic set"] = _ => Continues,
        ["E08 custom production handler"] = print => (in ErrorContext error) =>
        {
            var key = Text(error.SourceKey);
            print($"serialization error origin={(error.Exception.Message.EndsWith("bad", StringComparison.Ordinal) ? "VALUE" : "KEY")} "
                + $"record={key}={Text(error.SourceValue)}");
            return key == "r" ? ErrorResponse.Fail : ErrorResponse.DeadLetter;
        },
        ["E09 custom processing handler, two records, config ignored"] = print => (in ErrorContext error) =>
        {
            print($"handler node={error.Operator} topic={error.Topic} off={error.Offset} rawKey='{Text(error.SourceKey)}' "
                + $"rawValue='{Text(error.SourceValue)}' record={error.Record?.Key}={error.Record?.Value}");
            return ErrorResponse.DeadLetter;
        },
        ["E10 handler with the old handle()"] = print => (in ErrorContext _) =>
        {
            print("old handle() called");
            return ErrorResponse.Continue;
        },
        ["E10 handler answers null"] = _ => static (in ErrorContext _) => (ErrorResponse)(-1),
        ["E10 response with null list"] = _ => Continues,
        [Global(false, "Continue")] = _ => Continues,
        [Global(true, "Continue")] = _ => Continues,
        ["E12 same without DLQ topic"] = _ => Continues,
    };

    static ErrorScenarios()
    {
        foreach (var name in Topologies.Keys.Where(name => !Handlers.ContainsKey(name) && !name.Contains("LogAndFail", StringComparison.Ordinal)
            && !name.StartsWith("E07", StringComparison.Ordinal)))
        {
            Handlers.Add(name, _ => static (in ErrorContext error) =>
                error.Stage == ErrorStage.Production ? ErrorResponse.Fail : ErrorResponse.DeadLetter);
        }
    }

    private const string BothAsked = "E14 serialization error behind a processor: both handlers are asked, ";

    public static ScenarioSet Set => new("Errors.recorded.txt")
    {
        Topologies = Topologies,
        Handlers = Handlers,
        CacheBytes = new Dictionary<string, long> { ["E04 behind a cached store (flush at commit)"] = 10_000_000 },
        Options = (name, options) =>
        {
            options.DeadLetterTopic = name.Contains("DLQ topic", StringComparison.Ordinal) ? string.Empty : "dlq";
            options.ProcessingGuarantee = name.StartsWith("E13", StringComparison.Ordinal)
                ? ProcessingGuarantee.ExactlyOnce : ProcessingGuarantee.AtLeastOnce;
        },
        Differences = Mended.Of("Errors"),
    };

    private static ErrorHandler Continues => static (in ErrorContext _) => ErrorResponse.Continue;

    /// <summary>A header of a dead letter as Java's program prints it.</summary>
    public static string Header(string name, string? text)
    {
        if (text is null)
        {
            return $"{name}=null";
        }

        text = text.Replace("System.InvalidOperationException", "java.lang.IllegalStateException", StringComparison.Ordinal)
            .Replace("System.ArgumentException", "java.lang.IllegalArgumentException", StringComparison.Ordinal);
        var end = text.IndexOfAny(['\r', '\n']);
        return !name.EndsWith("stacktrace", StringComparison.Ordinal) ? $"{name}={text}"
            : $"{name}={(end < 0 ? text : text[..end])} ...({(text.Contains("\n   at ", StringComparison.Ordinal) ? "stack trace" : "one line")})";
    }

    private static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } there ? Encoding.UTF8.GetString(there.Span) : "null";

    private static string Global(bool enabled, string answer) => "E11 global store, processing.exception.handler.global.enabled="
        + $"{(enabled ? "true" : "false")} LogAnd{answer}ProcessingExceptionHandler";

    private static string Boom(string value) => !value.Contains("bad", StringComparison.Ordinal) ? value
        : throw new InvalidOperationException(value.Contains("nomsg", StringComparison.Ordinal) ? null : "boom " + value);

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static void Reading(StreamsBuilder builder) =>
        builder.Stream("in", new Consumed<string, string> { KeySerde = new Bad(), ValueSerde = new Bad() })
            .To("out", new() { KeySerde = Serdes.String, ValueSerde = Serdes.String });

    private static void Mapping(StreamsBuilder builder) => In(builder).MapValues(Boom).To("out");

    private static void Writing(StreamsBuilder builder) => In(builder).To("out", new() { KeySerde = new Bad(), ValueSerde = new Bad() });

    private static void WritingBehind(StreamsBuilder builder) =>
        In(builder).Peek((_, _) => { }).To("out", new() { KeySerde = new Bad(), ValueSerde = new Bad() });

    private static void Concatenating(StreamsBuilder builder) => In(builder).GroupByKey()
        .Aggregate(() => string.Empty, (_, v, a) => a + v, new() { Name = "st" }).ToStream().MapValues(Boom).To("out");

    private static void GlobalStore(StreamsBuilder builder)
    {
        builder.AddGlobalStore(
            new KeyValueStoreBuilder<string, string>("gs") { StoreType = StoreType.InMemory }, "G", () => new Filling());
        In(builder).To("out");
    }

    private static void GlobalTable(StreamsBuilder builder)
    {
        builder.GlobalTable(
            "G", new Consumed<string, string> { KeySerde = new Bad(), ValueSerde = new Bad() }, new() { Name = "gt" });
        In(builder).To("out");
    }

    /// <summary>Writes nothing with "bad" in it, and reads nothing that begins so.</summary>
    private sealed class Bad : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer) => writer.Write(Encoding.UTF8.GetBytes(
            value.Contains("bad", StringComparison.Ordinal) ? throw new InvalidOperationException("cannot write " + value) : value));

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            var text = Encoding.UTF8.GetString(data);
            return text.StartsWith("bad", StringComparison.Ordinal) ? throw new ArgumentException("cannot read " + text) : text;
        }
    }

    private sealed class Punctuating : ContextualProcessor<string, string, string, string>
    {
        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            context.Schedule(
                TimeSpan.FromMilliseconds(10), PunctuationType.WallClockTime, time => throw new InvalidOperationException($"punct wall {time}"));
            context.Schedule(
                TimeSpan.FromMilliseconds(100), PunctuationType.StreamTime, time => throw new InvalidOperationException($"punct stream {time}"));
        }

        public override void Process(Record<string, string> record) => Context.Forward(record);
    }

    private sealed class Filling : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) =>
            Context.GetStateStore<IKeyValueStore<string, string>>("gs").Put(record.Key, Boom(record.Value), record.Timestamp);
    }
}
