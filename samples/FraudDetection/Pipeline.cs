using StreamFlow;
using StreamFlow.State;

namespace FraudDetection;

/// <summary>
/// The topology: each payment is counted in the windows of its card, looked up in the list of blocked cards, judged, and
/// leaves as exactly one verdict. Everything is keyed by the card, so there is no repartition topic and one commit on the way.
/// </summary>
internal static class Pipeline
{
    public const string Application = "fraud-detection";
    public const string Payments = "payments";
    public const string BlockedCards = "blocked-cards";
    public const string Verdicts = "verdicts";
    public const string Alerts = "fraud-alerts";
    public const string WindowCounts = "payments-per-window";
    public const string LastPlaces = "last-places";

    public static void Describe(StreamsBuilder builder)
    {
        FraudSerdes.Register(builder.Serdes);
        var blockedCards = builder.GlobalTable<string, BlockedCard>(BlockedCards, materialized: new() { Name = BlockedCards });
        var payments = builder.Stream<string, Payment>(Payments);

        // Described first, so that a payment is in its windows when the judge looks at them.
        payments.GroupByKey()
            .WindowedBy(HoppingWindows.Of(Rules.WindowSize, Rules.WindowAdvance, Rules.Grace))
            .Count(new() { Name = WindowCounts });

        var verdicts = payments
            .LeftJoin(blockedCards, (card, _) => card, (payment, blocked) => new CheckedPayment(payment, blocked?.Value))
            .ProcessValues(() => new Judge(), new()
            {
                Name = "judge",
                StoreNames = [WindowCounts],
                Stores = [new KeyValueStoreBuilder<string, LastSeen>(LastPlaces)],
            });

        verdicts.To(Verdicts);
        verdicts.Filter((_, verdict) => !verdict.IsApproved).To(Alerts);
    }
}
