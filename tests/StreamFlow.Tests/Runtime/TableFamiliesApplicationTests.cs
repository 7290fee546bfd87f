using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Groupings and joins of tables over several partitions, with their internal topics between tasks.</summary>
public sealed class TableFamiliesApplicationTests
{
    private static readonly string[] Customers = [.. Enumerable.Range(0, 10).Select(i => $"c{i}")];

    /// <summary>
    /// The topics of both tables have other counts. Orders lie in partitions that the hash of their keys does not give: the answers
    /// find them all the same.
    /// </summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Rows_find_their_foreign_rows_in_other_partitions(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("orders", 3), ("customers", 2), ("out", 1));
        await harness.StartAsync(
            builder => builder.Table<string, string>("orders")
                .LeftJoin(
                    builder.Table<string, string>("customers"),
                    (_, customer) => customer,
                    (customer, row) => $"{customer}:{row?.Value ?? "none"}",
                    new() { Name = "fk" })
                .ToStream().MapValues((k, v) => $"{k}={v}").To("out"),
            o => o.ProcessingGuarantee = guarantee);
        for (var i = 0; i < 30; i++)
        {
            harness.Send("orders", i % 3, $"o{i}", Customers[i % 10], i);
        }

        foreach (var customer in Customers)
        {
            harness.Send("customers", Murmur2.Partition(Encoding.UTF8.GetBytes(customer), 2), customer, "of " + customer, 100);
        }

        var expected = Enumerable.Range(0, 30).Select(i => $"o{i}={Customers[i % 10]}:of {Customers[i % 10]}").Order().ToList();
        await AppHarness.Until(() => Last(harness.Values("out")).Order().SequenceEqual(expected), "the last results");

        Assert.Equal(2, harness.Kafka.PartitionCount("app-fk-subscription-registration-topic"));
        Assert.Equal(3, harness.Kafka.PartitionCount("app-fk-subscription-response-topic"));
    }

    [Fact]
    public async Task Subscriptions_and_rows_are_restored()
    {
        await using var harness = new AppHarness(("orders", 1), ("customers", 1), ("out", 1));
        var first = await harness.StartAsync(Join);
        harness.Send("orders", 0, "o", "c", 1);
        harness.Send("customers", 0, "c", "old", 2);
        await AppHarness.Until(() => harness.Values("out").Contains("c:old"), "the first result");
        await first.StopAsync();

        harness.Send("customers", 0, "c", "new", 3);
        await harness.StartAsync(Join);
        await AppHarness.Until(() => harness.Values("out").Contains("c:new"), "the result with the new row");

        static void Join(StreamsBuilder builder) => builder.Table<string, string>("orders")
            .Join(builder.Table<string, string>("customers"), (_, customer) => customer, (customer, row) => $"{customer}:{row}")
            .ToStream().To("out");
    }

    /// <summary>Rows move between groups in other partitions; aborts and the record cache change no count.</summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, 0)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 2)]
    public async Task Groups_over_partitions_count_each_row_once(ProcessingGuarantee guarantee, int aborts)
    {
        await using var harness = new AppHarness(("in", 3), ("out", 1));
        if (aborts > 0)
        {
            harness.Kafka.Faults.Fail(ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 3, Times = aborts });
        }

        await harness.StartAsync(
            builder => builder.Table<string, string>("in").GroupBy((k, v) => (v, k)).Count().ToStream()
                .Map((k, v) => (k, $"{k}={v}")).To("out"),
            o => o.ProcessingGuarantee = guarantee);
        for (var wave = 0; wave < 5; wave++)
        {
            for (var i = 0; i < 30; i++)
            {
                harness.Send("in", i % 3, $"k{i}", $"g{(i + wave) % (2 + wave)}", wave);
            }

            var expected = Enumerable.Range(0, 30).GroupBy(i => $"g{(i + wave) % (2 + wave)}")
                .Select(group => $"{group.Key}={group.Count()}").Order().ToList();
            await AppHarness.Until(
                () => Last(harness.Values("out")).Where(v => !v.EndsWith("=0", StringComparison.Ordinal)).Order().SequenceEqual(expected),
                $"the counts of wave {wave}");
        }
    }

    /// <summary>The last text of each key, which is before the equals sign.</summary>
    private static IEnumerable<string> Last(IEnumerable<string> values) =>
        values.GroupBy(value => value[..value.IndexOf('=', StringComparison.Ordinal)]).Select(group => group.Last());
}
