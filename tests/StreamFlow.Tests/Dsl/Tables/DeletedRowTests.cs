using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl.Tables;

/// <summary>
/// Tables that keep rows made from those of another copy what they keep. Of a row that is deleted there is nothing to be copied: not the
/// null of a class, which JSON writes and does not read, and not the default of a struct, which would be a row.
/// </summary>
public sealed class DeletedRowTests
{
    private const string Expected = "k=a@1 k=null@2 k=b@3";

    public static TheoryData<long> Caches => [0, 1_000_000];

    [Theory]
    [MemberData(nameof(Caches))]
    public void Row_of_a_view_with_a_store_is_deleted(long cacheBytes)
    {
        Check(cacheBytes, builder => builder.Table<string, string>("in").MapValues(text => new Amount(text), new() { Name = "kept" }), n => n.Text ?? "default");
        Check(cacheBytes, builder => builder.Table<string, string>("in").MapValues(text => new Name(text), new() { Name = "kept" }), n => n?.Text);
    }

    [Theory]
    [MemberData(nameof(Caches))]
    public void Row_of_a_join_with_a_store_is_deleted(long cacheBytes)
    {
        Check(cacheBytes, builder => Join(builder, text => new Amount(text)), n => n.Text ?? "default");
        Check(cacheBytes, builder => Join(builder, text => new Name(text)), n => n?.Text);

        static KTable<string, T> Join<T>(StreamsBuilder builder, Func<string, T> make) => builder.Table<string, string>("in")
            .LeftJoin(builder.Table<string, string>("other"), (text, _) => make(text), new() { Name = "kept" });
    }

    [Theory]
    [MemberData(nameof(Caches))]
    public void Row_of_a_join_by_foreign_key_is_deleted(long cacheBytes)
    {
        Check(cacheBytes, builder => Join(builder, text => new Amount(text)), n => n.Text ?? "default");
        Check(cacheBytes, builder => Join(builder, text => new Name(text)), n => n?.Text);

        static KTable<string, T> Join<T>(StreamsBuilder builder, Func<string, T> make) => builder.Table<string, string>("in")
            .LeftJoin(builder.Table<string, string>("other"), (_, _) => "other", (text, _) => make(text), new() { Materialized = new() { Name = "kept" } });
    }

    private static void Check<T>(long cacheBytes, Func<StreamsBuilder, KTable<string, T>> table, Func<T, string?> text)
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new JsonSerde<Name>());
        builder.Serdes.Add(new JsonSerde<Amount>());
        table(builder).ToStream().MapValues(text).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", null, 2);
        harness.Pipe("in", "k", "b", 3);

        Assert.Equal(Expected, harness.Read("out"));
    }

    private sealed record Name(string Text);

    private readonly record struct Amount(string Text);
}
