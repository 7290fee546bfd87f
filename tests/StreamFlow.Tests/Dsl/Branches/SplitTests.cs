namespace StreamFlow.Tests.Dsl;

public sealed class SplitTests
{
    [Fact]
    public void First_condition_that_holds_decides_and_what_fails_in_one_is_the_record_s_failure()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Split("s-")
            .Branch((_, v) => v == "bad" ? throw new InvalidOperationException("bad") : v.StartsWith('a'), new() { Consumer = s => s.To("first") })
            .Branch((_, v) => v.EndsWith('a'), new() { Consumer = s => s.To("second") })
            .DefaultBranch(new() { Consumer = s => s.To("rest") });
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext error) =>
            error.Operator == "s-" ? ErrorResponse.Continue : ErrorResponse.Fail);

        foreach (var value in new[] { "aba", "ba", "bad", "b" })
        {
            harness.Pipe("in", "k", value, 1);
        }

        Assert.Equal("k=aba@1", harness.Read("first"));
        Assert.Equal("k=ba@1", harness.Read("second"));
        Assert.Equal("k=b@1", harness.Read("rest"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Tombstone_of_a_value_type_is_seen_by_a_condition_on_the_record_only()
    {
        var seen = new List<Exception>();
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").Split()
            .Branch(record => !record.HasValue, new() { Consumer = s => s.To("deletions") })
            .Branch((_, v) => v > 1, new() { Consumer = s => s.To("large") })
            .NoDefaultBranch();
        builder.Stream<string, long>("in2").Split().Branch((_, v) => v == 0, new() { Consumer = s => s.To("zero") });
        var harness = new TaskHarness(builder.Build(), (in ErrorContext error) =>
        {
            seen.Add(error.Exception);
            return ErrorResponse.Continue;
        });

        harness.Pipe("in", "k", null, 1);
        harness.Pipe("in2", "k", null, 2);

        Assert.Equal("k=null@1", harness.Read("deletions"));
        Assert.Equal("-", harness.Read("large"));
        Assert.Equal("-", harness.Read("zero"));
        Assert.Contains("HasValue", Assert.Single(seen).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Branches_are_refused_that_nobody_could_reach_or_find()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var split = stream.Split("s-").Branch((_, _) => true, new() { Name = "a" });

        Assert.Contains("s-a", Assert.Throws<TopologyException>(
            () => split.Branch((_, _) => true, new() { Name = "a" })).Message, StringComparison.Ordinal);
        Assert.Throws<TopologyException>(() => stream.Split("t-").Branch(
            (_, _) => true, new() { Consumer = _ => { }, Function = s => s }));
        var done = stream.Split("u-");
        done.DefaultBranch();
        Assert.Contains("default branch", Assert.Throws<TopologyException>(
            () => done.Branch((_, _) => true)).Message, StringComparison.Ordinal);
        builder.Build();
        Assert.Throws<InvalidOperationException>(() => split.DefaultBranch());
    }

    [Fact]
    public void Table_of_a_stream_deletes_on_tombstones_and_drops_records_without_a_key()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").ToTable(new() { Name = "t" }).ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "12345678", 1);
        harness.Pipe("in", "k", null, 2);
        harness.Pipe("in", null, "12345678", 3);

        Assert.Equal("k=12345678@1 k=null@2", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullKey));
    }

    [Fact]
    public void Print_writes_a_line_for_each_record()
    {
        var writer = new StringWriter { NewLine = "\n" };
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Print(new() { Writer = writer });
        stream.MapValues(v => v, "mapped").Print(new() { Writer = writer, Label = "L", Mapper = r => $"{r.Key}/{r.Timestamp}" });
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "v", 7);
        harness.Pipe("in", null, (string?)null, 8);

        Assert.Equal(
            "[KSTREAM-SOURCE-0000000000]: k, v\n[L]: k/7\n[KSTREAM-SOURCE-0000000000]: null, null\n[L]: /8\n", writer.ToString());
    }
}
