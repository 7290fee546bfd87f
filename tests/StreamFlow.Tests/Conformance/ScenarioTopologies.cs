using System.Buffers;
using System.Globalization;
using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Conformance;

/// <summary>The topologies of the recorded scenarios.</summary>
internal static class ScenarioTopologies
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new(StringComparer.Ordinal)
    {
        ["C01"] = b => In(b).Filter((_, _) => true).To("out"),
        ["C02"] = b => In(b)
            .FlatMap((_, v) => v.Split(' ').Select(word => (word, word)))
            .FlatMapValues(v => v == "x" ? Array.Empty<string>() : ["1"])
            .To("out"),
        ["C02b flatMap null"] = b => In(b).FlatMap<string, string>((_, _) => null!).To("out"),
        ["C04"] = b => b.Stream<string, string>("a").Merge(b.Stream<string, string>("b"))
            .MapValues(v => v.ToUpperInvariant()).To("out"),
        ["C05"] = b => In(b).To(
            record => record.Value.StartsWith('A') ? "ta" : "tb",
            new() { Partitioner = (_, record, _) => record.Value == "DROP" ? Partitions.None : Partitions.Default }),
        ["C07 ExFail"] = b => Timed(b, InvalidTimestampPolicy.Fail),
        ["C07 first invalid ExFail"] = b => Timed(b, InvalidTimestampPolicy.Fail),
        ["C07 Ex"] = b => Timed(b, InvalidTimestampPolicy.Skip),
        ["C07 first invalid Ex"] = b => Timed(b, InvalidTimestampPolicy.Skip),
        ["C07 ExUse"] = b => Timed(b, InvalidTimestampPolicy.UsePartitionTime),
        ["C07 first invalid ExUse"] = b => Timed(b, InvalidTimestampPolicy.UsePartitionTime),
        ["C12"] = b =>
        {
            var stream = In(b);
            stream.Filter((_, v) => !v.StartsWith("recurse-", StringComparison.Ordinal))
                .MapValues(v => "recurse-" + v).To("in");
            stream.To("out");
        },
        ["C13"] = b => Text(In(b).GroupByKey().Count()).To("out"),
        ["C14"] = b => In(b).GroupByKey().Reduce((x, y) => x + "+" + y).ToStream().To("out"),
        ["C15"] = b => In(b).GroupByKey().Aggregate(() => "0", ConcatOrDelete, new() { Name = "s" })!.ToStream().To("out"),
        ["C19 upgrade.from 3.4"] = b => b.Table<string, string>("in").GroupBy((k, v) => (k, v))
            .Aggregate(() => "0", (_, v, a) => a + "+" + v, (_, v, a) => a + "-" + v, new() { Name = "s" }).ToStream().To("out"),
        ["C22"] = b => Text(In(b).SelectKey((_, v) => v == "n" ? null! : v).GroupByKey().Count()).To("out"),
        ["C23 cache=0"] = CountWords,
        ["C23 cache=10000000"] = CountWords,
        ["C23b cache=0"] = ConcatWords,
        ["C23b cache=10000000"] = ConcatWords,
        ["C24"] = b => Bracketed(In(b).GroupByKey().WindowedBy(Hopping(10, 5, 100))
            .Aggregate(() => "0", (_, v, a) => a + "+" + v, new() { Name = "s" })).To("out"),
        ["C25 hop"] = b => CountWindows(b, Hopping(10, 5, 0)),
        ["C25 tumb"] = b => CountWindows(b, Hopping(10, 10, 0)),
        ["C26"] = b => CountTumbling(b, 10, 5),
        ["C27"] = b => CountWindows(b, Hopping(10, 5, 0)),
        ["C28"] = b => CountTumbling(b, 10, 0),
        ["C29"] = b => CountTumbling(b, 10, 0),
        ["C35"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count(new() { Name = "s" }).ToStream().To("o"),
        ["C92 fail"] = Longs,
        ["C92 continue"] = Longs,
        ["C94 handler default"] = FailingSerde,
        ["C94 handler continue"] = FailingSerde,
        ["C94b class cast at sink"] = WrongClass,
        ["C94c class cast at sink, processing CONTINUE"] = WrongClass,
        ["cached windows"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count(new() { Name = "w" })
            .ToStream().Map((k, v) => (k.ToString(), Number(v))).To("out"),
        ["table filter and mapValues"] = b => In(b).GroupByKey().Count().Filter((_, v) => v > 1).MapValues(Number)
            .ToStream().To("out"),
        ["table filterNot and deletes"] = b => In(b).GroupByKey().Reduce((_, v) => v == "del" ? null! : v)
            .FilterNot((_, v) => v == "no").MapValues((k, v) => v == "none" ? null! : k + v).ToStream().To("out"),
        ["windowed table filter"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count()
            .Filter((_, v) => v > 1, new() { ProcessorName = "big" }).ToStream().Map((k, v) => (k.ToString(), Number(v))).To("out"),
        ["windowed aggregate null"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0))
            .Aggregate(() => "0", ConcatOrDelete, new() { Name = "w" })
            .ToStream().Map((k, v) => (k.ToString(), v)).To("out"),
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // A record without a key that a repartition leaves out is counted.
        [("C22", "  dropped=0.0")] = "  dropped=1.0",

        // Updates go in one record, whatever Kafka Streams it was before.
        [("C19 upgrade.from 3.4", "  in A:3@20 -> A=0+1-1@20 A=0+1-1+3@20")] = "  in A:3@20 -> A=0+1-1+3@20",
        [("C19 upgrade.from 3.4", "    raw app-s-repartition key=41 val=3100 ts=20 hdr=")] =
            "    raw app-s-repartition key=41 val=02333102 ts=20 hdr=",
        [("C19 upgrade.from 3.4", "    raw app-s-repartition key=41 val=3301 ts=20 hdr=")] = null,

        // One handler is asked, the one for results.
        [("C94c class cast at sink, processing CONTINUE",
            "    handler node=KSTREAM-MAPVALUES-0000000001 topic=in part=0 off=0 task=0_0 ts=1 headers=")] =
            "    handler node=KSTREAM-SINK-0000000002 topic=in part=0 off=0 task=0_0 ts=1 headers=",
        [("C94c class cast at sink, processing CONTINUE",
            "    handler node=KSTREAM-MAPVALUES-0000000001 topic=in part=0 off=1 task=0_0 ts=2 headers=")] =
            "    handler node=KSTREAM-SINK-0000000002 topic=in part=0 off=1 task=0_0 ts=2 headers=",

        // The changelog gets the last of the updates between two commits, with the record cache off too.
        [("C23 cache=0", "    raw app-s-changelog key=6b val=0000000000000001 ts=5 hdr=")] = null,
        [("C23 cache=0", "    raw app-s-changelog key=6b val=0000000000000002 ts=5 hdr=")] = null,
        [("C23b cache=0", "    raw app-s-changelog key=6b val=302b61 ts=5 hdr=")] = null,
    };

    private static readonly Dictionary<string, Func<Action<string>, ErrorHandler>> Handlers = new(StringComparer.Ordinal)
    {
        ["C94 handler continue"] = print => (in ErrorContext error) =>
        {
            print($"prod handler origin=VALUE node={error.Operator}");
            return ErrorResponse.Continue;
        },
        ["C94c class cast at sink, processing CONTINUE"] =
            print => ProcessorScenarios.Printing(print, _ => ErrorResponse.Continue),
    };

    public static ScenarioSet Set => new("Scenarios.recorded.txt") { Topologies = All, Handlers = Handlers, Differences = Differences };

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static void Timed(StreamsBuilder builder, InvalidTimestampPolicy policy) =>
        builder.Stream<string, string>("in", new()
        {
            TimestampExtractor = (record, _) => long.Parse(record.Value, CultureInfo.InvariantCulture),
            OnInvalidTimestamp = policy,
        }).To("out");

    private static void CountWords(StreamsBuilder builder) =>
        Text(In(builder).FlatMapValues(v => v.Split(' ')).GroupByKey().Count(new() { Name = "s" })).To("out");

    private static void ConcatWords(StreamsBuilder builder) =>
        In(builder).FlatMapValues(v => v.Split(' ')).GroupByKey()
            .Aggregate(() => "0", ConcatOrDelete, new() { Name = "s" }).ToStream().To("out");

    private static void CountTumbling(StreamsBuilder builder, int size, int grace) =>
        Bracketed(In(builder).GroupByKey().WindowedBy(Tumbling(size, grace)).Count(new() { Name = "s" })).To("out");

    private static void CountWindows(StreamsBuilder builder, HoppingWindows windows) =>
        Bracketed(In(builder).GroupByKey().WindowedBy(windows).Count(new() { Name = "s" })).To("out");

    private static void Longs(StreamsBuilder builder) =>
        builder.Stream<string, long>("in").MapValues(Number).To("out");

    private static void FailingSerde(StreamsBuilder builder) =>
        In(builder).To("out", new() { ValueSerde = new BadIsRefused() });

    /// <summary>The compiler lets nobody do that but a serde of objects.</summary>
    private static void WrongClass(StreamsBuilder builder) =>
        In(builder).MapValues(_ => (object)1).To("out", new() { ValueSerde = new TextsOnly() });

    private static string ConcatOrDelete(string key, string value, string aggregate) =>
        value == "del" ? null! : aggregate + "+" + value;

    private static KStream<string, string> Text(KTable<string, long> counts) => counts.ToStream().MapValues(Number);

    private static KStream<string, string> Bracketed<TValue>(KTable<Windowed<string>, TValue> table) =>
        table.ToStream().Map((k, v) => (
            string.Create(CultureInfo.InvariantCulture, $"{k.Key}[{k.Window.Start}/{k.Window.End}]"),
            string.Create(CultureInfo.InvariantCulture, $"{v}")));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static TumblingWindows Tumbling(int size, int grace) =>
        TumblingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(grace));

    private static HoppingWindows Hopping(int size, int advance, int grace) => HoppingWindows.Of(
        TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(advance), TimeSpan.FromMilliseconds(grace));

    private sealed class BadIsRefused : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            if (value == "bad")
            {
                throw new FormatException("ser");
            }

            writer.Write(Encoding.UTF8.GetBytes(value));
        }

        public string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }

    private sealed class TextsOnly : ISerde<object>
    {
        public void Serialize(object value, IBufferWriter<byte> writer) => writer.Write(Encoding.UTF8.GetBytes((string)value));

        public object Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);
    }
}
