namespace StreamFlow.Tests.Dsl;

/// <summary>
/// What each operator makes of a record without a value or a key: of a value type (<c>long</c>), of a nullable one
/// (<c>long?</c>) and of a class (<c>string</c>), with a function of key and value and with one of the whole record.
/// </summary>
public sealed class MissingPartsTests
{
    private const string Refused = "refused";

    // Per operator: outcome of a tombstone of long, of long?, of string.
    public static TheoryData<string, string, string, string> OfKeyAndValue => new()
    {
        { "Filter", "k=null", "k=null", "k=null" },
        { "FilterNot", "k=null", "k=null", "k=null" },
        { "Peek", "k=null", "k=null seen", "k=null seen" },
        { "MapValues", "k=null", "k=none", "k=none" },
        { "MapValues with key", "k=null", "k=none", "k=none" },
        { "FlatMapValues", "k=null", "k=none", "k=none" },
        { "FlatMapValues with key", "k=null", "k=none", "k=none" },
        { "Map", Refused, "kk=none", "kk=none" },
        { "FlatMap", Refused, "kk=none", "kk=none" },
        { "SelectKey", Refused, "kk=null", "kk=null" },
        { "GroupBy", Refused, "kk1=null", "kk1=null" },
        { "ForEach", Refused, "- seen", "- seen" },
        { "Merge", "k=null", "k=null", "k=null" },
        { "Repartition", "k=null", "k=null", "k=null" },
        { "To", "k=null", "k=null", "k=null" },
        { "To chosen", "k=null", "k=null", "k=null" },
    };

    public static TheoryData<string, string> OfTheRecord => new()
    {
        { "Filter", "k=null" },
        { "FilterNot", "k=null" },
        { "Peek", "k=null seen" },
        { "Map", "kk=null" },
        { "FlatMap", "kk=null" },
        { "SelectKey", "kk=null" },
        { "GroupBy", "kk1=null" },
        { "ForEach", "- seen" },
    };

    [Theory]
    [MemberData(nameof(OfKeyAndValue))]
    public void Tombstone_meets_a_function_of_key_and_value(string name, string ofLong, string ofNullable, string ofString)
    {
        Assert.Equal(ofLong, new Run<long>().OfKeyAndValue(name));
        Assert.Equal(ofNullable, new Run<long?>().OfKeyAndValue(name));
        Assert.Equal(ofString, new Run<string>().OfKeyAndValue(name));
    }

    [Theory]
    [MemberData(nameof(OfTheRecord))]
    public void Tombstone_meets_a_function_of_the_record(string name, string outcome)
    {
        Assert.Equal(outcome, new Run<long>().OfTheRecord(name));
        Assert.Equal(outcome, new Run<long?>().OfTheRecord(name));
        Assert.Equal(outcome, new Run<string>().OfTheRecord(name));
    }

    [Theory]
    [InlineData("Filter", Refused, "null=v")]
    [InlineData("Peek", "null=v", "null=v")]
    [InlineData("MapValues", "null=v1", "null=v1")]
    [InlineData("MapValues with key", Refused, "null=v1")]
    [InlineData("FlatMapValues", "null=v1", "null=v1")]
    [InlineData("FlatMapValues with key", Refused, "null=v1")]
    [InlineData("Map", Refused, "v=v")]
    [InlineData("FlatMap", Refused, "v=v")]
    [InlineData("SelectKey", Refused, "v=v")]
    [InlineData("SelectKey of record", "v=v", "v=v")]
    public void Record_without_a_key_is_lost_to_no_operator(string name, string ofLong, string ofString)
    {
        Assert.Equal(ofLong, Keyless<long>(name));
        Assert.Equal(ofString, Keyless<string>(name));
    }

    [Fact]
    public void Refusal_names_what_is_missing_its_type_and_the_remedy_and_can_be_answered()
    {
        var errors = new List<Exception>();
        ErrorResponse Handle(in ErrorContext error)
        {
            errors.Add(error.Exception);
            return ErrorResponse.Continue;
        }

        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").SelectKey((k, v) => k + v).To("out");
        var harness = new TaskHarness(builder.Build(), Handle);

        harness.Pipe("in", "k", null, 1);

        var message = Assert.IsType<InvalidOperationException>(Assert.Single(errors)).Message;
        Assert.Contains("no value", message, StringComparison.Ordinal);
        Assert.Contains("Int64", message, StringComparison.Ordinal);
        Assert.Contains("record => ...", message, StringComparison.Ordinal);
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Row_that_a_windowed_filter_deletes_is_deleted_behind_a_change_of_key_too()
    {
        var builder = new StreamsBuilder();
        var few = builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).Count()
            .Filter((_, count) => count < 2);
        few.ToStream().SelectKey(record => record.Key.Key).MapValues(count => $"{count}").To("selected");
        few.ToStream(record => record.Key.Key).MapValues(count => $"{count}").To("streamed");
        few.ToStream().Map(record => record.WithKey(record.Key.Key)).MapValues(count => $"{count}").To("mapped");
        few.ToStream(record => record.Key.Key).Repartition(new() { Name = "r" }).MapValues(count => $"{count}").To("moved");
        var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        foreach (var topic in new[] { "selected", "streamed", "mapped", "moved" })
        {
            Assert.Equal("k=1@1 k=null@2", harness.Read(topic));
        }

        Assert.Equal(0, harness.Dropped);
    }

    [Fact]
    public void Row_that_a_function_of_key_and_value_cannot_delete_stops_the_task_and_goes_stale_nowhere()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).Count()
            .Filter((_, count) => count < 2)
            .ToStream((window, count) => window.Key).MapValues(count => $"{count}").To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);

        harness.Pipe("in", "k", "a", 1);
        Assert.Equal("k=1@1", harness.Read("out"));

        Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", "b", 2));
    }

    [Fact]
    public void Mapper_of_the_record_sets_time_and_headers_and_a_negative_time_is_refused()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Map(r => r.WithTimestamp(r.Timestamp - 5).WithHeaders(Headers.Empty.With("h", "x"))).To("out");
        stream.FlatMap(r => new[] { r.WithTimestamp(-1), r.WithValue("w") }).To("many");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "k", "v", 7);
        harness.Pipe("in", "k", "v", 1);

        Assert.Equal("k=v@2{h=x}", harness.Read("out"));
        Assert.Equal("k=w@7 k=w@1", harness.Read("many"));
        Assert.Equal(3, harness.DroppedBy(DropReason.Processing));
    }

    private static string Keyless<TKey>(string name)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<TKey, string>("in");
        switch (name)
        {
            case "Filter": stream.Filter((_, _) => true).To("out"); break;
            case "Peek": stream.Peek((_, _) => { }).To("out"); break;
            case "MapValues": stream.MapValues(v => v + "1").To("out"); break;
            case "MapValues with key": stream.MapValues((_, v) => v + "1").To("out"); break;
            case "FlatMapValues": stream.FlatMapValues(v => new[] { v + "1" }).To("out"); break;
            case "FlatMapValues with key": stream.FlatMapValues((_, v) => new[] { v + "1" }).To("out"); break;
            case "Map": stream.Map((_, v) => (v, v)).To("out"); break;
            case "FlatMap": stream.FlatMap((_, v) => new[] { (v, v) }).To("out"); break;
            case "SelectKey": stream.SelectKey((_, v) => v).To("out"); break;
            case "SelectKey of record": stream.SelectKey(r => r.Value).To("out"); break;
        }

        return Outcome(builder, null, "v", []);
    }

    private static string Outcome(StreamsBuilder builder, string? key, string? value, List<string> seen)
    {
        var harness = new TaskHarness(builder.Build());
        try
        {
            harness.Pipe("in", key, value, 1);
        }
        catch (RecordFailedException)
        {
            return Refused;
        }

        Assert.Equal(0, harness.Dropped);
        return string.Join(' ', [harness.Read("out").Replace("@1", string.Empty, StringComparison.Ordinal), .. seen]);
    }

    /// <summary>Pipes a tombstone of a type through one operator.</summary>
    private sealed class Run<T>
    {
        private readonly StreamsBuilder _builder = new();
        private readonly List<string> _seen = [];

        public string OfKeyAndValue(string name)
        {
            var stream = _builder.Stream<string, T>("in");
            switch (name)
            {
                case "Filter": stream.Filter((_, v) => IsNull(v)).To("out"); break;
                case "FilterNot": stream.FilterNot((_, v) => !IsNull(v)).To("out"); break;
                case "Peek": stream.Peek((_, v) => See(IsNull(v))).To("out"); break;
                case "MapValues": stream.MapValues(Name).To("out"); break;
                case "MapValues with key": stream.MapValues((_, v) => Name(v)).To("out"); break;
                case "FlatMapValues": stream.FlatMapValues(v => new[] { Name(v) }).To("out"); break;
                case "FlatMapValues with key": stream.FlatMapValues((_, v) => new[] { Name(v) }).To("out"); break;
                case "Map": stream.Map((k, v) => (k + k, Name(v))).To("out"); break;
                case "FlatMap": stream.FlatMap((k, v) => new[] { (k + k, Name(v)) }).To("out"); break;
                case "SelectKey": stream.SelectKey((k, _) => k + k).To("out"); break;
                case "GroupBy": Grouped(stream.GroupBy((k, _) => k + k, new() { Name = "g" })); break;
                case "ForEach": stream.ForEach((_, v) => See(IsNull(v))); break;
                case "Merge": stream.Merge(_builder.Stream<string, T>("other")).To("out"); break;
                case "Repartition": stream.Repartition(new() { Name = "r" }).To("out"); break;
                case "To": stream.To("out"); break;
                case "To chosen": stream.To(r => r.HasValue ? "wrong" : "out", new() { Partitioner = (_, r, _) => r.HasValue ? -2 : 0 }); break;
            }

            return Outcome(_builder, "k", null, _seen);
        }

        public string OfTheRecord(string name)
        {
            var stream = _builder.Stream<string, T>("in");
            switch (name)
            {
                case "Filter": stream.Filter(r => !r.HasValue).To("out"); break;
                case "FilterNot": stream.FilterNot(r => r.HasValue).To("out"); break;
                case "Peek": stream.Peek(r => See(!r.HasValue)).To("out"); break;
                case "Map": stream.Map(r => r.WithKey(r.Key + r.Key)).To("out"); break;
                case "FlatMap": stream.FlatMap(r => new[] { r.WithKey(r.Key + r.Key) }).To("out"); break;
                case "SelectKey": stream.SelectKey(r => r.Key + r.Key).To("out"); break;
                case "GroupBy": Grouped(stream.GroupBy(r => r.Key + r.Key, new() { Name = "g" })); break;
                case "ForEach": stream.ForEach(r => See(!r.HasValue)); break;
            }

            return Outcome(_builder, "k", null, _seen);
        }

        // Only a windowed count takes tombstones: what a group got is told by what it counted.
        private static void Grouped(KGroupedStream<string, T> group) =>
            group.WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).Count()
                .ToStream((window, count) => window.Key + count).MapValues(_ => (string)null!).To("out");

        private void See(bool isMissing) => _seen.Add(isMissing ? "seen" : "seen as default");

        private static bool IsNull(T value) => value is null;

        private static string Name(T value) => value is null ? "none" : "default";
    }
}
