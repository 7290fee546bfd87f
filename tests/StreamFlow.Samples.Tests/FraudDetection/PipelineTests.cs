using FraudDetection;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.FraudDetection;

public sealed class PipelineTests : IDisposable
{
    private static readonly Place Lisbon = new("Lisbon", 38.722, -9.139);
    private static readonly Place Madrid = new("Madrid", 40.417, -3.703);
    private static readonly Place Rotterdam = new("Rotterdam", 51.924, 4.478);
    private static readonly Place Amsterdam = new("Amsterdam", 52.368, 4.904);
    private static readonly long Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly TopologyTestDriver _driver;
    private readonly TestInputTopic<string, Payment> _payments;
    private readonly TestInputTopic<string, BlockedCard> _blockedCards;
    private readonly TestOutputTopic<string, Verdict> _verdicts;
    private readonly TestOutputTopic<string, Verdict> _alerts;
    private int _count;

    public PipelineTests()
    {
        var builder = new StreamsBuilder();
        Pipeline.Describe(builder);
        _driver = new TopologyTestDriver(builder.Build());
        _payments = _driver.CreateInputTopic<string, Payment>(Pipeline.Payments);
        _blockedCards = _driver.CreateInputTopic<string, BlockedCard>(Pipeline.BlockedCards);
        _verdicts = _driver.CreateOutputTopic(Pipeline.Verdicts, Serdes.String, SampleJson.Serde<Verdict>());
        _alerts = _driver.CreateOutputTopic(Pipeline.Alerts, Serdes.String, SampleJson.Serde<Verdict>());
    }

    [Fact]
    public void Each_payment_has_one_verdict_at_its_own_time()
    {
        _payments.Pipe("card", new Payment("p", "card", 1250, "books", Lisbon), Noon + 7000);
        var verdict = _verdicts.ReadRecord();
        Assert.Equal(("card", Noon + 7000, true), (verdict.Key, verdict.Timestamp, verdict.Value.IsApproved));
        Assert.True(_verdicts.IsEmpty);
        Assert.True(_alerts.IsEmpty);
    }

    [Fact]
    public void The_sixth_payment_in_a_minute_is_too_fast_and_the_reason_names_the_window()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Pay(second: 5 + (i * 11)).IsApproved);
        }

        var objection = Assert.Single(Pay(second: 59).Objections);
        Assert.Equal(
            (Rules.Velocity, "6 payments in the minute from 12:00:00; 5 are allowed."), (objection.Rule, objection.Why));
        Assert.Equal(objection, Assert.Single(_alerts.ReadRecord().Value.Objections));
    }

    [Fact]
    public void Windows_hop_so_a_burst_across_a_full_minute_is_seen_too()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Pay(second: 45 + (i * 2)).IsApproved);
        }

        Assert.False(Pay(second: 70).IsApproved);
    }

    [Fact]
    public void Payments_further_apart_than_a_minute_are_never_too_fast()
    {
        for (var i = 0; i < 40; i++)
        {
            Assert.True(Pay(second: i * 12.1).IsApproved, $"payment {i}");
        }
    }

    [Fact]
    public void A_card_in_two_places_at_once_is_told_with_both()
    {
        Assert.True(Pay(second: 0, place: Lisbon).IsApproved);
        var objection = Assert.Single(Pay(second: 90, place: Madrid).Objections);
        Assert.Equal((Rules.Travel, "Lisbon at 12:00:00 and Madrid 90 s apart: 503 km."), (objection.Rule, objection.Why));
    }

    [Fact]
    public void A_flight_and_the_next_town_are_no_crimes()
    {
        Assert.True(Pay(second: 0, place: Lisbon).IsApproved);
        Assert.True(Pay(second: 3600, place: Madrid).IsApproved);
        Assert.True(Pay(second: 0, place: Rotterdam, card: "other").IsApproved);
        Assert.True(Pay(second: 1, place: Amsterdam, card: "other").IsApproved);
    }

    [Fact]
    public void The_last_place_is_that_of_the_latest_payment_not_of_the_last_that_came()
    {
        Assert.True(Pay(second: 3600, place: Madrid).IsApproved);
        Assert.True(Pay(second: 0, place: Lisbon).IsApproved); // came late: an hour before
        Assert.Equal(Rules.Travel, Assert.Single(Pay(second: 3700, place: Lisbon).Objections).Rule);
    }

    [Fact]
    public void A_blocked_card_pays_no_more_but_what_was_paid_before_stays()
    {
        _blockedCards.Pipe("card", new BlockedCard("reported lost", Noon + 30_000));
        Assert.True(Pay(second: 29.999).IsApproved);
        var objection = Assert.Single(Pay(second: 30).Objections);
        Assert.Equal((Rules.Blocked, "The card is blocked since 12:00:30: reported lost."), (objection.Rule, objection.Why));
        Assert.True(Pay(second: 31, card: "other").IsApproved);
        _blockedCards.Pipe("card", null!);
        Assert.True(Pay(second: 32).IsApproved);
    }

    [Fact]
    public void Nothing_on_the_way_from_payment_to_verdict_is_repartitioned()
    {
        var builder = new StreamsBuilder();
        Pipeline.Describe(builder);
        Assert.DoesNotContain("repartition", builder.Build().Describe().ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _driver.Dispose();

    private Verdict Pay(double second, Place? place = null, string card = "card")
    {
        _payments.Pipe(card, new Payment($"p{_count++}", card, 1250, "books", place ?? Lisbon), Noon + (long)(second * 1000));
        return _verdicts.ReadRecord().Value;
    }
}
