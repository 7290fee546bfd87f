using System.Text;
using System.Text.Json;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>What is written down of stores, beside their data and beside committed positions.</summary>
public sealed class StoreLabelTests
{
    private static readonly Dictionary<string, StoreLabel> Labels = new()
    {
        ["counts"] = new("topic-1", new StoreShape
        {
            Kind = "tumbling windows of 5 min",
            Layout = StoreFormat.Timestamped,
            SegmentMs = 60_000,
            Key = new DataFormat { Format = "String" },
            Value = new DataFormat { Format = DataFormat.Json, Members = ["Id:System.String", "Total:System.Int64"] },
        }),
        ["mine"] = new(null, new StoreShape { Kind = StoreShape.Own(typeof(Uri)), Value = new DataFormat { Serde = "My.Serde" } }),
    };

    [Fact]
    public void Labels_are_read_as_they_were_written()
    {
        var read = StoreLabels.Read(StoreLabels.Write(Labels, withMembers: true));

        Assert.Equal(Labels.OrderBy(l => l.Key), read.OrderBy(l => l.Key));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"s":{"kind":"a store of tomorrow","layout":"Compressed","colour":{"red":1}}}""", 1)]
    [InlineData("""{"s":{"something":"else"},"t":7}""", 0)]
    public void What_is_unknown_is_left_out(string json, int count) =>
        Assert.Equal(count, StoreLabels.Read(Encoding.UTF8.GetBytes(json)).Count);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"s\":")]
    public void What_is_no_JSON_is_told(string text) =>
        Assert.ThrowsAny<JsonException>(() => StoreLabels.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("a", "a", false)]
    [InlineData("a", "b", true)]
    [InlineData("a", null, false)]
    [InlineData(null, "b", false)]
    [InlineData("a,b", "c,b", false)]
    [InlineData("a,b", "c,d", true)]
    public void Data_are_of_other_topics_when_both_are_known_and_none_is_common(string? before, string? now, bool expected) =>
        Assert.Equal(expected, new StoreLabel(before, Labels["mine"].Shape).IsOfOtherTopics(now));

    [Fact]
    public void A_note_is_read_behind_the_time_and_does_not_hide_it()
    {
        var metadata = PartitionTimeMetadata.Encode(258, PositionNote.Write("topic-0", Labels));

        Assert.Equal(258, PartitionTimeMetadata.Decode(metadata));
        var note = PositionNote.Read(metadata);
        Assert.Equal("topic-0", note.TopicId);
        Assert.Equal(Labels.OrderBy(l => l.Key), note.Stores.OrderBy(l => l.Key));
    }

    [Fact]
    public void A_note_leaves_what_Kafka_Streams_reads_as_it_is() =>
        Assert.Equal(
            [1, 0, 0, 0, 0, 0, 0, 1, 2],
            Convert.FromBase64String(PartitionTimeMetadata.Encode(258, PositionNote.Write("topic-0", Labels)))[..9]);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AQAAAAAAAAEC")]
    [InlineData("AQAAAAAAAAECAAAAAA==")]
    [InlineData("AQAAAAAAAAECbm8ganNvbg==")]
    [InlineData("not base64 at all, but long enough")]
    public void Where_there_is_no_note_nothing_is_known(string? metadata)
    {
        var note = PositionNote.Read(metadata);

        Assert.Null(note.TopicId);
        Assert.Empty(note.Stores);
    }

    [Fact]
    public void A_note_that_brokers_would_not_take_leaves_members_out_and_then_stores()
    {
        var members = Enumerable.Range(0, 100).Select(i => $"AMemberWithALongName{i}:System.String").ToList();
        var shape = Labels["counts"].Shape with { Value = new DataFormat { Format = DataFormat.Json, Members = members } };
        var one = PositionNote.Read(Written([KeyValuePair.Create("s", new StoreLabel("t", shape))]));
        Assert.Equal((DataFormat.Json, 0), (one.Stores["s"].Shape.Value!.Format, one.Stores["s"].Shape.Value!.Members.Count));

        var many = PositionNote.Read(Written(
            Enumerable.Range(0, 200).Select(i => KeyValuePair.Create($"store-{i}", new StoreLabel("t", shape)))));
        Assert.InRange(many.Stores.Count, 5, 199);
        Assert.Equal("topic-0", many.TopicId);
    }

    private static string Written(IEnumerable<KeyValuePair<string, StoreLabel>> labels)
    {
        var metadata = PartitionTimeMetadata.Encode(1, PositionNote.Write("topic-0", labels));
        Assert.InRange(metadata.Length, 1, 4096);
        return metadata;
    }
}
