using System.Text.RegularExpressions;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Tests.Planning;

/// <summary>A topology as data says what it says as text, with the names that the broker has.</summary>
public sealed class TopologyDescriptionTests
{
    [Fact]
    public void Nodes_topics_and_stores_have_their_links_and_full_names()
    {
        var builder = new StreamsBuilder();
        var rates = builder.GlobalTable<string, string>("rates");
        builder.Stream<string, string>("orders")
            .GroupBy((_, value) => value)
            .Count(new() { Name = "counts" })
            .ToStream()
            .To("results");
        var built = builder.Build();

        var described = built.ToDescription("shop", built.Plan);

        var nodes = described.SubTopologies.SelectMany(s => s.Nodes).ToDictionary(n => n.Name);
        Assert.Equal(built.Describe(), described.Text);
        Assert.Equal(built.ToMermaid(), described.Mermaid);
        Assert.Contains(described.SubTopologies, s => s.IsGlobal && s.Nodes.Any(n => n.Topics.Contains(new TopologyTopic("rates", false))));
        var repartition = new TopologyTopic("shop-counts-repartition", true);
        Assert.Equal(
            [TopologyNodeKind.Sink, TopologyNodeKind.Source],
            nodes.Values.Where(n => n.Topics.Contains(repartition)).Select(n => n.Kind).OrderDescending());
        var store = described.SubTopologies.SelectMany(s => s.Stores).Single(s => s.Name == "counts");
        Assert.Equal((StoreKind.KeyValue, typeof(string), typeof(long), "shop-counts-changelog"),
            (store.Kind, store.KeyType, store.ValueType, store.ChangelogTopic));
        Assert.Contains(nodes.Values, n => n.Stores.Contains("counts"));
        Assert.All(nodes.Values.SelectMany(n => n.Children), child => Assert.Contains(child, nodes.Keys));
        Assert.Equal(
            Regex.Matches(described.Text, @"(?:Source|Processor|Sink): (\S+) \(").Select(m => m.Groups[1].Value).Order(), nodes.Keys.Order());
        Assert.NotNull(rates);
    }

    [Theory]
    [InlineData(StoreKind.KeyValue)]
    [InlineData(StoreKind.Window)]
    [InlineData(StoreKind.Session)]
    [InlineData(StoreKind.Versioned)]
    [InlineData(StoreKind.List)]
    public void Stores_tell_how_they_are_read(StoreKind kind)
    {
        StoreBuilder store = kind switch
        {
            StoreKind.KeyValue => new KeyValueStoreBuilder<string, int>("s"),
            StoreKind.Window => new WindowStoreBuilder<string, int>("s", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)),
            StoreKind.Session => new SessionStoreBuilder<string, int>("s", TimeSpan.FromMinutes(1)),
            StoreKind.Versioned => new VersionedStoreBuilder<string, int>("s", TimeSpan.FromMinutes(1)),
            _ => new ListStoreBuilder<string, int>("s"),
        };

        Assert.Equal(new StoreContents(kind, typeof(string), typeof(int)), store.Contents);
    }
}
