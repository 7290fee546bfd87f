using System.Diagnostics;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Tracing;

/// <summary>A listener sees the records of all applications of the process, so nothing else runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TraceCollection
{
    public const string Name = "traces";
}

/// <summary>The trace of a record goes on through an application: spans, headers, links.</summary>
[Collection(TraceCollection.Name)]
public sealed class TraceTests : IDisposable
{
    private const string First = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Second = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01";
    private const string Unsampled = "00-2af7651916cd43dd8448eb211c80319c-d7ad6b7169203331-00";
    private readonly RecordedSpans _spans = new();

    public void Dispose() => _spans.Dispose();

    [Fact]
    public async Task The_context_of_a_record_is_that_of_its_span_in_what_it_gives()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        Activity? inside = null;
        await harness.StartAsync(builder => builder.Stream<string, string>("in").Peek((_, _) => inside = Activity.Current).To("out"));

        Send(harness, "k", "v", First, "vendor=1");
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the result");
        await AppHarness.Until(() => Record("in") is not null, "the span");

        var span = Record("in")!;
        Assert.Equal(First, span.ParentId);
        Assert.Equal(ActivityKind.Consumer, span.Kind);
        Assert.Same(span, inside);
        Assert.Equal("kafka", span.GetTagItem("messaging.system"));
        Assert.Equal("in", span.GetTagItem("messaging.destination.name"));
        Assert.Equal(0L, span.GetTagItem("messaging.kafka.offset"));
        Assert.Equal("app", span.GetTagItem("messaging.consumer.group.name"));
        var headers = harness.Kafka.Read(new TopicPartition("out", 0))[0].Headers!;
        Assert.Equal([span.Id!], Texts(headers, "traceparent"));
        Assert.Equal(["vendor=1"], Texts(headers, "tracestate"));
        Assert.Equal(["kept"], Texts(headers, "mine"));
    }

    [Fact]
    public async Task Traces_go_through_repartition_topics_and_results_link_to_the_records_that_made_them()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").SelectKey((_, value) => value).GroupByKey().Count().ToStream()
                .MapValues((_, count) => $"{count}").To("out"),
            options => options.CommitInterval = TimeSpan.FromSeconds(2));

        Send(harness, "a", "same", First);
        Send(harness, "b", "same", Second);
        await AppHarness.Until(() => harness.Values("out") is [.., "2"], "the count");
        await AppHarness.Until(() => _spans.Ended.Any(s => s.OperationName.StartsWith("aggregate", StringComparison.Ordinal) && s.Links.Count() == 2), "the result's span");

        var counted = _spans.Ended.Where(s => s.OperationName.EndsWith("-repartition", StringComparison.Ordinal)).ToList();
        var result = _spans.Ended.Last(s => s.OperationName.StartsWith("aggregate", StringComparison.Ordinal));
        Assert.Equal(2, counted.Count);
        Assert.Equal(
            Of("in").Select(s => s.SpanId).Order(Comparer<ActivitySpanId>.Create((a, b) => string.CompareOrdinal($"{a}", $"{b}"))),
            counted.Select(s => s.ParentSpanId).Order(Comparer<ActivitySpanId>.Create((a, b) => string.CompareOrdinal($"{a}", $"{b}"))));
        Assert.Equal(counted.Select(s => $"{s.SpanId}").Order(), result.Links.Select(link => $"{link.Context.SpanId}").Order());
        Assert.Equal(ActivityContext.Parse(Second, null).TraceId, result.TraceId);
        var headers = harness.Kafka.Read(new TopicPartition("out", 0))[^1].Headers!;
        Assert.Equal([result.Id!], Texts(headers, "traceparent"));
    }

    [Fact]
    public async Task A_batch_has_a_span_that_links_to_its_records()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in").To("out"));

        Send(harness, "k", "v", First);
        await AppHarness.Until(() => Batch() is not null, "the commit");

        var record = Record("in")!;
        var batch = Batch()!;
        Assert.Equal(default, batch.ParentSpanId);
        Assert.Equal(1, batch.GetTagItem("messaging.batch.message_count"));
        Assert.Equal([record.Context], batch.Links.Select(link => link.Context));
        Assert.Equal([batch.Context], record.Links.Select(link => link.Context));
    }

    [Fact]
    public async Task A_producer_that_is_not_sampled_is_followed_by_nobody()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in").To("out"));

        Send(harness, "k", "v", Unsampled);
        await AppHarness.Until(() => Batch() is not null, "the commit");

        Assert.Empty(Of("in"));
        Assert.Equal([Unsampled], Texts(harness.Kafka.Read(new TopicPartition("out", 0))[0].Headers!, "traceparent"));
    }

    /// <summary>What is no context is none: the record goes on, and has a span as the first of its batch.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("00-xyz")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-01")]
    public async Task Headers_that_nobody_can_read_hurt_nothing(string parent)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in").To("out"));

        Send(harness, "k", "v", parent);
        await AppHarness.Until(() => Batch() is not null, "the commit");

        Assert.Equal(Batch()!.TraceId, Record("in")!.TraceId);
        Assert.Equal([Record("in")!.Id!], Texts(harness.Kafka.Read(new TopicPartition("out", 0))[0].Headers!, "traceparent"));
    }

    [Fact]
    public async Task Results_of_two_streams_link_to_both_records()
    {
        await using var harness = new AppHarness(("in", 1), ("right", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in")
            .Join(builder.Stream<string, string>("right"), (left, right) => left + right, JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).To("out"));

        Send(harness, "k", "l", First);
        await AppHarness.Until(() => Record("in") is not null, "the left record's span");
        Send(harness, "k", "r", Second, topic: "right");
        await AppHarness.Until(() => harness.Values("out") is ["lr"] && Joins().Count == 1, "the result");

        var (left, right, result) = (Record("in")!, Record("right")!, Joins()[0]);
        Assert.Equal(right.Context, ParentOf(result));
        Assert.Equal([right.SpanId, left.SpanId], result.Links.Select(link => link.Context.SpanId));
        Assert.Equal([right.TraceId, left.TraceId], result.Links.Select(link => link.Context.TraceId));
        Assert.Equal([result.Id!], Texts(harness.Kafka.Read(new TopicPartition("out", 0))[0].Headers!, "traceparent"));
    }

    /// <summary>The other record is read from the store's bytes, and is the only one with a trace.</summary>
    [Fact]
    public async Task A_result_goes_on_in_the_trace_of_the_one_record_that_has_one()
    {
        await using var harness = new AppHarness(("in", 1), ("right", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in")
            .Join(builder.Stream<string, string>("right"), (left, right) => left + right, JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).To("out"));

        Send(harness, "k", "l", First);
        await AppHarness.Until(() => Batch() is not null, "the commit");
        Send(harness, "k", "r", Unsampled, topic: "right");
        await AppHarness.Until(() => Joins().Count == 1, "the result");

        Assert.Empty(Of("right"));
        Assert.Equal([Record("in")!.SpanId], Joins()[0].Links.Select(link => link.Context.SpanId));
        Assert.Equal(ActivityContext.Parse(First, null).TraceId, Joins()[0].TraceId);
    }

    [Fact]
    public async Task A_stream_that_meets_itself_links_to_each_record_once()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await harness.StartAsync(
            builder =>
            {
                var stream = builder.Stream<string, string>("in");
                stream.Join(stream, (left, right) => left + right, JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero)).To("out");
            },
            optimization: TopologyOptimization.All);

        Send(harness, "k", "a", First);
        Send(harness, "k", "b", Second);
        await AppHarness.Until(() => Joins().Count == 4, "the results");

        Assert.Equal(["aa: 1", "ab: 2", "ba: 2", "bb: 1"], harness.Values("out").Zip(Joins(), (v, s) => $"{v}: {s.Links.Count()}").Order());
    }

    /// <summary>Rows keep no headers: who made them is not known.</summary>
    [Fact]
    public async Task Results_with_a_row_link_to_the_record_alone()
    {
        await using var harness = new AppHarness(("in", 1), ("right", 1), ("global", 1), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("in")
            .Join(builder.Table<string, string>("right"), (left, right) => left + right)
            .Join(builder.GlobalTable<string, string>("global"), (key, _) => key, (left, right) => left + right).To("out"));

        Send(harness, "k", "r", Second, topic: "right");
        await AppHarness.Until(() => Record("right") is not null, "the row");
        Send(harness, "k", "g", Second, topic: "global");
        await AppHarness.Until(
            () =>
            {
                Send(harness, "k", "l", First);
                return harness.Values("out").Contains("lrg");
            },
            "a result");
        await AppHarness.Until(() => Joins().Any(span => span.OperationName.Contains("LEFTJOIN", StringComparison.Ordinal)), "its spans");

        var global = Joins().First(span => span.OperationName.Contains("LEFTJOIN", StringComparison.Ordinal));
        var table = Assert.Single(Joins(), span => span.SpanId == global.ParentSpanId);
        var record = Assert.Single(Of("in"), span => span.SpanId == table.ParentSpanId);
        Assert.Equal([record.SpanId], table.Links.Select(link => link.Context.SpanId));
        Assert.Equal([table.SpanId], global.Links.Select(link => link.Context.SpanId));
    }

    [Fact]
    public async Task A_record_that_fails_says_so_in_its_span()
    {
        await using var harness = new AppHarness(("in", 1));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").ForEach((_, value) => Break(value)));

        Send(harness, "k", "v", First);
        await Assert.ThrowsAnyAsync<Exception>(() => application.Completion);

        var span = Record("in")!;
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Contains("broken", span.StatusDescription, StringComparison.Ordinal);
    }

    private static void Break(string value) => throw new InvalidOperationException($"broken by {value}");

    private static void Send(AppHarness harness, string key, string value, string parent, string? state = null, string topic = "in")
    {
        var headers = Headers.Empty.With("mine", "kept").With("traceparent", parent);
        harness.Kafka.Append(
            new TopicPartition(topic, 0), Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), 0,
            state is null ? headers : headers.With("tracestate", state));
    }

    private static IEnumerable<string> Texts(Headers headers, string name) =>
        headers.Where(header => header.Key == name).Select(header => Encoding.ASCII.GetString(header.Value!));

    private List<Activity> Of(string topic) => [.. _spans.Ended.Where(s => s.OperationName == $"process {topic}")];

    private Activity? Record(string topic) => Of(topic).FirstOrDefault();

    private List<Activity> Joins() => [.. _spans.Ended.Where(s => s.OperationName.StartsWith("join ", StringComparison.Ordinal))];

    private static ActivityContext ParentOf(Activity span) => new(span.TraceId, span.ParentSpanId, ActivityTraceFlags.Recorded);

    private Activity? Batch() => Of("app").FirstOrDefault();
}
