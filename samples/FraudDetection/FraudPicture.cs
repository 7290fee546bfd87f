namespace FraudDetection;

/// <summary>What the page shows.</summary>
internal sealed record FraudPicture(
    long Judged,
    long Approved,
    long Objected,
    int Waiting,
    double Seconds,
    Dictionary<string, long> ByRule,
    LatencySummary Latency,
    IReadOnlyList<VerdictLine> Verdicts,
    IReadOnlyList<VerdictLine> Alerts);

/// <summary>A verdict in one line.</summary>
internal sealed record VerdictLine(
    long AtMs, string Card, string Merchant, string City, long Cents, double? LatencyMs, IReadOnlyList<Objection> Objections)
{
    public static VerdictLine Of(Verdict verdict, long atMs, double? latencyMs)
    {
        var payment = verdict.Payment;
        return new(
            atMs, payment.Card[(payment.Card.LastIndexOf('-') + 1)..], payment.Merchant, payment.Place.City, payment.Cents,
            latencyMs, verdict.Objections);
    }
}
