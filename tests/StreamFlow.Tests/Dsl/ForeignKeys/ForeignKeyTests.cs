using System.Buffers;
using System.Text;
using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl.ForeignKeys;

/// <summary>What the recordings do not show of joins by foreign key.</summary>
public sealed class ForeignKeyTests
{
    /// <summary>Hashes of texts in recorded topics, and of longer ones that Kafka Streams' own hash was asked for.</summary>
    [Theory]
    [InlineData("a|rhs1", "a4f6374c4e8a6863b81c4a047259b848")]
    [InlineData("v|x", "dceb1ab89c7d88829cc0f20ea89ce758")]
    [InlineData("v", "e001ba9f5f750d0518bc9338ae3e72f3")]
    [InlineData("r1|a", "242f5a89bab153f31b19849c3b61d2d3")]
    [InlineData("", "9d2764a018e329428c3cf3b035938518")]
    [InlineData("xxxxxxxxxxxxxxx", "e824228c856e674d208fdb4a4446b406")]
    [InlineData("xxxxxxxxxxxxxxxx", "c2ec5f39659164cdbe69da5aaa745f18")]
    [InlineData("xxxxxxxxxxxxxxxxx", "85ad28380ec1803ad3eff60b3340cb0e")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "d33e48ce21b5b16c449d9e157032d2da")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "25e1e03160aa6712fd288789d6610c75")]
    public void Hash_is_that_of_Kafka_Streams(string text, string hash)
    {
        var bytes = new byte[ValueHash.Length];

        ValueHash.Of(Encoding.UTF8.GetBytes(text)).Write(bytes);

        Assert.Equal(hash, Convert.ToHexStringLower(bytes));
        Assert.Equal(ValueHash.Of(Encoding.UTF8.GetBytes(text)), ValueHash.Read(bytes));
    }

    [Fact]
    public void Subscription_of_before_version_3_4_has_no_partition()
    {
        var serde = new SubscriptionSerde<string>(Serdes.String);

        var old = serde.Deserialize(Convert.FromHexString("0003a4f6374c4e8a6863b81c4a047259b8486c687331"));
        var deleted = serde.Deserialize(Convert.FromHexString("80016c687331"));

        Assert.Equal(("lhs1", SubscriptionInstruction.AnswerIfThere, null), (old.PrimaryKey, old.Instruction, old.Partition));
        Assert.Equal(
            ("lhs1", SubscriptionInstruction.UnsubscribeAndAnswer, null),
            (deleted.PrimaryKey, deleted.Instruction, deleted.Hash));
        var writer = new ArrayBufferWriter<byte>();
        serde.Serialize(old, writer);
        Assert.Equal(old, serde.Deserialize(writer.WrittenSpan));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0203")]
    [InlineData("810500000000")]
    [InlineData("0103a4f6374c4e8a6863")]
    public void Bytes_that_are_no_subscription_say_so(string bytes) => Assert.Throws<FormatException>(
        () => new SubscriptionSerde<string>(Serdes.String).Deserialize(Convert.FromHexString(bytes)));

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("81")]
    public void Bytes_that_are_no_answer_say_so(string bytes) => Assert.Throws<FormatException>(
        () => new SubscriptionResponseSerde<string>(Serdes.String).Deserialize(Convert.FromHexString(bytes)));

    [Fact]
    public void Foreign_key_of_a_value_type_may_be_missing_where_it_is_nullable()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new NullableSerde());
        builder.Table<string, string>("L")
            .LeftJoin(
                builder.Table<long?, string>("R"),
                (_, v) => long.TryParse(v, out var key) ? key : null,
                (k, v, row) => $"{k}{v}{row?.Value}")
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("R", Bytes(0), "zero"u8.ToArray(), 1);
        harness.Pipe("L", "a", "0", 2);
        harness.Pipe("L", "b", "none", 3);

        Assert.Equal("a=a0zero@2 b=bnone@3", harness.Read("out"));
    }

    [Fact]
    public void Extractor_and_joiner_that_fail_cost_their_record_only()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L")
            .Join(
                builder.Table<string, string>("R"),
                (_, v) => v == "bad key" ? throw new InvalidOperationException("key") : v[..1],
                (v, row) => v == "x bad" ? throw new InvalidOperationException("join") : v + row)
            .ToStream().To("out");
        var failed = new List<string>();
        var harness = new TaskHarness(builder.Build(), (in ErrorContext context) =>
        {
            failed.Add(context.Operator);
            return ErrorResponse.Continue;
        });

        harness.Pipe("R", "x", "1", 1);
        harness.Pipe("L", "a", "bad key", 2);
        harness.Pipe("L", "b", "x bad", 3);
        harness.Pipe("L", "c", "x good", 4);

        // Nobody knows whether the second one had a result before.
        Assert.Equal("b=null@3 c=x good1@4", harness.Read("out"));
        Assert.Equal(
            ["KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000007", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-0000000017"],
            failed);
    }

    /// <summary>The other row has changed, and nobody was told yet when it is asked for: it is told once, when its turn comes.</summary>
    [Theory]
    [InlineData(false, "a=xA1@2")]
    [InlineData(true, "a=xA0@1 a=xA1@2")]
    public void Pair_is_told_once_where_the_other_row_waits_in_the_record_cache(bool hasOne, string expected)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").Join(builder.Table<string, string>("R"), (_, v) => v[..1], (v, row) => v + row)
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);
        if (hasOne)
        {
            harness.Pipe("R", "x", "0", 0);
        }

        harness.Process("L", "a"u8.ToArray(), "xA"u8.ToArray(), 1);
        harness.Commit();
        harness.Process("R", "x"u8.ToArray(), "1"u8.ToArray(), 2);
        harness.ReadBack();

        Assert.Equal(expected, harness.Read("out"));
    }

    [Fact]
    public void Answer_to_a_row_that_has_changed_meanwhile_is_dropped_and_counted()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").Join(builder.Table<string, string>("R"), (_, v) => v[..1], (v, row) => v + row)
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("R", "x", "1", 1);
        harness.Process("L", "a"u8.ToArray(), "xa"u8.ToArray(), 2);
        harness.Pipe("L", "a", "xb", 3);

        Assert.Equal("a=xb1@3", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Outdated));
    }

    [Fact]
    public void Answer_to_a_row_that_is_gone_is_dropped_and_counted()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").Join(builder.Table<string, string>("R"), (_, v) => v[..1], (v, row) => v + row)
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("R", "x", "1", 1);
        harness.Process("L", "a"u8.ToArray(), "xa"u8.ToArray(), 2);
        harness.Pipe("L", "a", null, 3);

        Assert.Equal("a=null@3", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Outdated));
    }

    [Fact]
    public void Missing_serde_is_named_when_the_topology_is_built()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("L").MapValues(v => new Unknown(v))
            .Join(builder.Table<string, string>("R"), (_, v) => v.Text, (_, row) => row);

        var error = Assert.Throws<TopologyException>(() => builder.Build());

        Assert.Contains("the values hashed by KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_of_two_builders_and_two_names_of_one_operator_are_refused()
    {
        var (one, two) = (new StreamsBuilder(), new StreamsBuilder());
        var (left, right) = (one.Table<string, string>("L"), two.Table<string, string>("R"));

        Assert.Throws<TopologyException>(() => left.Join(right, (_, v) => v, (v, row) => v + row));
        Assert.Throws<TopologyException>(() => left.Join(right, (v, row) => v + row));
        Assert.Throws<TopologyException>(() => left.Join(
            one.Table<string, string>("R"), (_, v) => v, (v, row) => v + row, new() { Materialized = new() { ProcessorName = "p" } }));
    }

    private static byte[] Bytes(long value)
    {
        var writer = new ArrayBufferWriter<byte>();
        Serdes.Int64.Serialize(value, writer);
        return writer.WrittenSpan.ToArray();
    }

    private sealed record Unknown(string Text);

    private sealed class NullableSerde : ISerde<long?>
    {
        public void Serialize(long? value, IBufferWriter<byte> writer) => Serdes.Int64.Serialize(value!.Value, writer);

        public long? Deserialize(ReadOnlySpan<byte> data) => Serdes.Int64.Deserialize(data);
    }
}
