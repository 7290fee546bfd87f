using StreamFlow.Planning;

namespace StreamFlow.Tests.Planning;

public sealed class TopologyPlannerTests
{
    [Fact]
    public void Repartition_splits_and_is_written_here_and_read_there()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Repartition(new() { Name = "r", PartitionCount = 3 }).To("out");

        var subs = builder.Build().Plan.SubTopologies;

        Assert.Equal([0, 1], subs.Select(sub => sub.Id));
        Assert.Equal([new SourceTopic("in", TopicKind.Input, "KSTREAM-SOURCE-0000000000", null)], subs[0].Sources);
        Assert.Equal([new RepartitionTopic("r-repartition", 3)], subs[0].RepartitionSinks);
        Assert.Empty(subs[0].SinkTopics);
        var source = Assert.Single(subs[1].Sources);
        Assert.Equal(("r-repartition", TopicKind.Repartition, OffsetResetPolicy.Earliest), (source.Name, source.Kind, source.OffsetReset));
        Assert.Equal(["out"], subs[1].SinkTopics);
    }

    [Fact]
    public void Source_of_several_topics_is_one_sub_topology_and_a_merge_joins_two()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(["b", "a"], new() { OffsetReset = OffsetReset.Latest })
            .Merge(builder.Stream<string, string>("c")).To("out");

        var sub = Assert.Single(builder.Build().Plan.SubTopologies);

        Assert.Equal(["a", "b", "c"], sub.Sources.Select(source => source.Name));
        Assert.Equal([OffsetResetPolicy.Latest, OffsetResetPolicy.Latest, null], sub.Sources.Select(source => source.OffsetReset));
    }

    [Fact]
    public void Stores_come_in_the_order_their_updates_flow()
    {
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "z" });
        counts.ToStream().GroupByKey().Reduce((_, b) => b, new() { Name = "a" });

        var sub = Assert.Single(builder.Build().Plan.SubTopologies);

        Assert.Equal(["z", "a"], sub.Stores.Select(store => store.Name));
    }

    [Fact]
    public void Changelog_configs_do_not_go_by_the_clock_and_the_users_go_before()
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, string>("in").GroupByKey();
        group.Count(new() { Name = "plain" });
        group.WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1))).Count(new()
        {
            Name = "windowed",
            StoreType = StoreType.InMemory,
            LoggingEnabled = false,
            TopicConfigs = new Dictionary<string, string> { ["segment.ms"] = "1000", ["cleanup.policy"] = "delete" },
        });

        var stores = builder.Build().Plan.SubTopologies[0].Stores.ToDictionary(store => store.Name);

        Assert.Equal("plain-changelog", stores["plain"].ChangelogTopic);
        Assert.Equal("compact", stores["plain"].ChangelogConfigs["cleanup.policy"]);
        Assert.Equal("CreateTime", stores["plain"].ChangelogConfigs["message.timestamp.type"]);
        Assert.True(stores["plain"].IsPersistent && stores["plain"].IsLogged);
        Assert.Equal("-1", stores["windowed"].ChangelogConfigs["retention.ms"]);
        Assert.Equal("delete", stores["windowed"].ChangelogConfigs["cleanup.policy"]);
        Assert.Equal("1000", stores["windowed"].ChangelogConfigs["segment.ms"]);
        Assert.False(stores["windowed"].IsPersistent || stores["windowed"].IsLogged);
    }

    [Fact]
    public void Topics_of_a_join_are_copartitioned_up_to_the_last_repartition()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>(["b", "a"]).Merge(builder.Stream<string, string>("c"));
        var counts = builder.Stream<string, string>("x").GroupBy((_, v) => v).Count(new() { Name = "counts" });
        stream.Filter((_, _) => true).Join(counts.MapValues(v => $"{v}"), (v, row) => v + row, new() { Name = "j" });

        var subs = builder.Build().Plan.SubTopologies;

        // The source nodes of the stream come first, so its sub-topology is the first one.
        Assert.Equal(["a", "b", "c", "counts-repartition"], subs[0].Sources.Select(source => source.Name));
        var group = Assert.Single(subs[0].CopartitionGroups);
        Assert.Equal(["a", "b", "c", "counts-repartition"], group.Topics);
        Assert.Equal("j", group.Reason);
        Assert.Empty(subs[1].CopartitionGroups);
    }

    [Fact]
    public void Join_of_a_topic_with_itself_needs_no_copartitioning()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Join(stream.GroupByKey().Count(), (v, count) => $"{v}{count}");

        Assert.Empty(Assert.Single(builder.Build().Plan.SubTopologies).CopartitionGroups);
    }

    [Fact]
    public void Empty_topology_is_refused() => Assert.Throws<TopologyException>(() => new StreamsBuilder().Build());

    [Fact]
    public void Overlapping_but_unequal_sources_are_refused()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(["a", "b"]);

        Assert.Throws<TopologyException>(() => builder.Stream<string, string>("a"));
    }

    [Fact]
    public void One_topic_with_two_offset_resets_types_or_extractors_is_refused()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("a");

        Assert.Throws<TopologyException>(
            () => builder.Stream<string, string>("a", new() { OffsetReset = OffsetReset.Latest }));
        Assert.Throws<TopologyException>(() => builder.Stream<string, long>("a"));
        Assert.Throws<TopologyException>(
            () => builder.Stream<string, string>("a", new() { TimestampExtractor = (_, _) => 1 }));
    }

    [Fact]
    public void Two_operators_of_one_name_are_refused()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Filter((_, _) => true, "x");

        Assert.Throws<TopologyException>(() => stream.MapValues(v => v, "x"));
    }

    [Fact]
    public void Two_stores_of_one_name_are_refused()
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, string>("in").GroupByKey();
        group.Count(new() { Name = "s" });

        Assert.Throws<TopologyException>(() => group.Reduce((_, b) => b, new() { Name = "s" }));
    }

    [Fact]
    public void One_repartition_name_for_two_uses_is_refused()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in").SelectKey((k, _) => k);
        stream.GroupByKey(new() { Name = "g" }).Count();

        Assert.Throws<TopologyException>(() => stream.GroupByKey(new() { Name = "g" }).Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void Name_that_no_topic_may_have_is_refused(string name)
    {
        var stream = new StreamsBuilder().Stream<string, string>("in");

        Assert.Throws<TopologyException>(() => stream.Filter((_, _) => true, name));
        Assert.Throws<TopologyException>(() => stream.GroupByKey().Count(new() { Name = name }));
        Assert.Throws<TopologyException>(() => stream.GroupByKey(new() { Name = name }));
        Assert.Throws<TopologyException>(() => stream.Repartition(new() { Name = name }));
        var table = new StreamsBuilder().Table<string, string>("table");
        Assert.Throws<TopologyException>(() => table.ToStream().Join(table, (v, row) => v + row, new() { Name = name }));
    }

    [Fact]
    public void Streams_of_two_builders_cannot_be_merged() => Assert.Throws<TopologyException>(
        () => new StreamsBuilder().Stream<string, string>("a").Merge(new StreamsBuilder().Stream<string, string>("b")));

    [Fact]
    public void Builder_is_closed_after_the_build()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var counts = stream.GroupByKey().Count();
        var table = builder.Table<string, string>("table");
        var topology = builder.Build();

        Assert.Same(topology, builder.Build());
        Assert.Throws<InvalidOperationException>(() => builder.Stream<string, string>("other"));
        Assert.Throws<InvalidOperationException>(() => stream.Filter((_, _) => true));
        Assert.Throws<InvalidOperationException>(() => stream.GroupByKey().Count());
        Assert.Throws<InvalidOperationException>(() => counts.ToStream());
        Assert.Throws<InvalidOperationException>(() => builder.Table<string, string>("rows"));
        Assert.Throws<InvalidOperationException>(() => stream.Join(table, (v, row) => v + row));
        Assert.Throws<InvalidOperationException>(() => stream.To("out"));
    }

    [Fact]
    public void Mermaid_names_topics_nodes_and_stores()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream()
            .To(record => "out-" + record.Key);

        var text = builder.Build().ToMermaid();

        Assert.Equal(
            """
            flowchart TD
              subgraph sub0["Sub-topology 0"]
                n0(["KSTREAM-SOURCE-0000000000"])
                n1["KSTREAM-AGGREGATE-0000000001"]
                n2["KTABLE-TOSTREAM-0000000002"]
                n3[/"KSTREAM-SINK-0000000003"/]
                store_counts[("counts")]
              end
              t0 --> n0
              n0 --> n1
              n1 <--> store_counts
              n1 --> n2
              n2 --> n3
              n3 --> t1
              t0[["in"]]
              t1[["chosen per record"]]

            """.ReplaceLineEndings("\n"),
            text);
    }
}
