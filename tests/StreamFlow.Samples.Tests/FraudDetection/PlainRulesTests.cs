using FraudDetection;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.FraudDetection;

/// <summary>The generator's own rules and the topology, on the same payments of many seeds.</summary>
public sealed class PlainRulesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_topology_finds_what_the_plain_rules_find(int seed)
    {
        var builder = new StreamsBuilder();
        Pipeline.Describe(builder);
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Partitions = new Dictionary<string, int> { [Pipeline.Payments] = 3 } });
        var payments = driver.CreateInputTopic<string, Payment>(Pipeline.Payments);
        var blockedCards = driver.CreateInputTopic<string, BlockedCard>(Pipeline.BlockedCards);
        var verdicts = driver.CreateOutputTopic(Pipeline.Verdicts, Serdes.String, SampleJson.Serde<Verdict>());
        var generator = new PaymentGenerator(seed, "run", Clock(steps: 5000));
        var rules = new PlainRules();
        var broken = new HashSet<string>();
        for (var i = 0; i < 5000; i++)
        {
            var next = generator.Next();
            for (; next is Blocked blocked; next = generator.Next())
            {
                blockedCards.Pipe(blocked.Card, blocked.Row);
                rules.Block(blocked.Card, blocked.Row.SinceMs);
            }

            var (payment, at) = (Paid)next;
            payments.Pipe(payment.Card, payment, at);
            var found = verdicts.ReadRecord().Value.Objections.Select(o => o.Rule).Order(StringComparer.Ordinal);
            var expected = rules.Broken(payment, at);
            Assert.Equal(expected, found);
            broken.UnionWith(expected);
        }

        Assert.Equal([Rules.Blocked, Rules.Travel, Rules.Velocity], broken.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_seed_gives_the_same_payments_and_another_one_others()
    {
        var clock = Clock(steps: 100);
        var first = new PaymentGenerator(5, "run", clock);
        var second = new PaymentGenerator(5, "run", clock);
        var other = new PaymentGenerator(6, "run", clock);
        Assert.Equal(Take(first), Take(second));
        Assert.NotEqual(Take(new PaymentGenerator(5, "run", clock)), Take(other));
    }

    private static List<CardEvent> Take(PaymentGenerator generator) => [.. Enumerable.Range(0, 100).Select(_ => generator.Next())];

    private static EventClock Clock(long steps) => EventClock.For(
        new SampleRun(new SampleSettings { Count = steps }, "unused:1", "unused", TimeProvider.System),
        TimeSpan.FromMilliseconds(10), recordsPerStep: 1, DateTimeOffset.UnixEpoch);
}
