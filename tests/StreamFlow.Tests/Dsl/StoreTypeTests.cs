namespace StreamFlow.Tests.Dsl;

public sealed class StoreTypeTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, StoreType.InMemory, false)]
    [InlineData(StoreType.InMemory, null, false)]
    [InlineData(StoreType.InMemory, StoreType.Persistent, true)]
    [InlineData(StoreType.Persistent, StoreType.InMemory, false)]
    public void Store_is_where_it_says_or_where_the_builder_says(StoreType? ofBuilder, StoreType? ofStore, bool isPersistent)
    {
        var builder = ofBuilder is { } type ? new StreamsBuilder { DefaultStoreType = type } : new StreamsBuilder();
        var group = builder.Stream<string, string>("in").GroupByKey();
        group.Count(new() { Name = "count", StoreType = ofStore });
        group.WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.Zero)).Count(new() { Name = "windows", StoreType = ofStore });
        builder.Table<string, string>("t", materialized: new() { Name = "rows", StoreType = ofStore });

        var stores = builder.Build().Plan.SubTopologies.SelectMany(s => s.Stores).ToList();

        Assert.Equal(3, stores.Count);
        Assert.All(stores, store => Assert.Equal(isPersistent, store.IsPersistent));
    }

    [Fact]
    public void Operator_of_a_table_that_is_named_twice_is_refused_with_both_names()
    {
        var error = Assert.Throws<TopologyException>(() => new StreamsBuilder().Table<string, string>(
            "t", new() { Name = "customers" }, new() { ProcessorName = "keep" }));

        Assert.Contains("'customers'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'keep'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Table(\"t\")", error.Message, StringComparison.Ordinal);
    }
}
