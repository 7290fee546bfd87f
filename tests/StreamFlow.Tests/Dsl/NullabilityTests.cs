using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl;

/// <summary>What may be missing is said in the types: these programs compile without a single <c>!</c>.</summary>
public sealed class NullabilityTests
{
    [Fact]
    public void Results_that_delete_a_row_are_null_and_the_row_after_them_is_not()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.GroupByKey().Aggregate(() => "0", (_, v, sum) => v == "del" ? null : sum + v)
            .MapValues(sum => sum.Length).ToStream().MapValues(length => $"{length}").To("aggregated");
        stream.GroupByKey().Reduce((a, b) => b == "del" ? null : a + b)
            .MapValues(v => v == "ab" ? null : v).MapValues((k, v) => k + v.Length).ToStream().To("reduced");
        var harness = new TaskHarness(builder.Build());

        foreach (var value in new[] { "a", "b", "c", "del" })
        {
            harness.Pipe("in", "k", value, 1);
        }

        Assert.Equal("k=2@1 k=3@1 k=4@1 k=null@1", harness.Read("aggregated"));
        Assert.Equal("k=k1@1 k=null@1 k=k3@1 k=null@1", harness.Read("reduced"));
    }

    [Fact]
    public void Stream_that_has_tombstones_says_so_in_its_type()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string?>("in")
            .Filter((_, v) => v?.Length != 1)
            .MapValues(v => v is null ? null : v + "!")
            .SelectKey((k, v) => v is null ? null : k + k)
            .To("out");
        builder.Stream<string, string>("other").GroupBy((_, v) => v == "nobody" ? null : v).Count()
            .ToStream((customer, _) => customer.Length).MapValues(count => $"{count}").To("counts", new() { KeySerde = new TextOfInt() });
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", null, 1);
        harness.Pipe("in", "k", "a", 2);
        harness.Pipe("in", "k", "bc", 3);
        harness.Pipe("other", "k", "bob", 4);
        harness.Pipe("other", "k", "nobody", 5);

        Assert.Equal("null=null@1 kk=bc!@3", harness.Read("out"));
        Assert.Equal("3=1@4", harness.Read("counts"));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullKey));
    }

    private sealed class TextOfInt : ISerde<int>
    {
        public void Serialize(int value, IBufferWriter<byte> writer)
        {
            writer.GetSpan(1)[0] = (byte)('0' + value);
            writer.Advance(1);
        }

        public int Deserialize(ReadOnlySpan<byte> data) => data[0] - '0';
    }
}
