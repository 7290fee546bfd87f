using System.Collections.Concurrent;
using StreamFlow.Samples;

namespace FraudDetection;

/// <summary>What must come of the payments and what has come, and the picture of it for the page.</summary>
internal sealed class FraudBooks
{
    /// <summary>More payments than these do not wait for a verdict: latency is about the topology, not about a queue before it.</summary>
    private const int MostWaiting = 2000;
    private const int VerdictsShown = 15;
    private const int AlertsShown = 8;

    private readonly SampleRun _run;
    private readonly BookOnce<string> _judged;
    private readonly BookTable<string, string> _alerts;
    private readonly BookSum _declined;
    private readonly PlainRules _rules = new();
    private readonly ConcurrentDictionary<string, long> _waiting = new();
    private readonly LatencyMeter _latency;
    private readonly Lock _gate = new();
    private readonly Queue<VerdictLine> _lastVerdicts = new();
    private readonly Queue<VerdictLine> _lastAlerts = new();
    private readonly Dictionary<string, long> _byRule = new() { [Rules.Blocked] = 0, [Rules.Travel] = 0, [Rules.Velocity] = 0 };
    private long _approved;
    private long _objected;

    public FraudBooks(SampleRun run)
    {
        _run = run;
        _latency = new LatencyMeter(run.Time);
        _judged = run.Books.Once<string>("payments judged, each once");
        _alerts = run.Books.Table<string, string>("alerts, by the rules that plain code finds broken");
        _declined = run.Books.Sum("verdicts that object, as many as alerts expected");
        run.Books.Read(Pipeline.Verdicts, SeeVerdict, earlier: record => JudgedUntil = Later(JudgedUntil, record.Time));
        run.Books.Read(Pipeline.Alerts, SeeAlert);
    }

    /// <summary>Event time of the latest payment that earlier runs on these brokers have judged.</summary>
    public DateTimeOffset JudgedUntil { get; private set; } = DateTimeOffset.UnixEpoch;

    public void Expect(Blocked blocked) => _rules.Block(blocked.Card, blocked.Row.SinceMs);

    /// <summary>Before the payment is sent.</summary>
    public void Expect(Payment payment, long at)
    {
        _waiting[payment.Id] = _run.Time.GetTimestamp();
        _judged.Expect(payment.Id);
        if (_rules.Broken(payment, at) is { Count: > 0 } broken)
        {
            _alerts.Expect(payment.Id, string.Join(", ", broken));
            _declined.Expect();
        }
    }

    /// <summary>Waits while too many payments wait for their verdicts.</summary>
    public async Task WaitAsync(CancellationToken stop)
    {
        while (_waiting.Count >= MostWaiting && !stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), _run.Time, CancellationToken.None);
        }
    }

    public FraudPicture Picture()
    {
        lock (_gate)
        {
            return new(
                _approved + _objected, _approved, _objected, _waiting.Count, _run.Elapsed.TotalSeconds, new(_byRule),
                _latency.Summary(), [.. _lastVerdicts.Reverse()], [.. _lastAlerts.Reverse()]);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private void SeeVerdict(SeenRecord record)
    {
        var verdict = record.Value<Verdict>();
        _judged.See(verdict.Payment.Id);
        if (!verdict.IsApproved)
        {
            _declined.See();
        }

        double? latency = _waiting.TryRemove(verdict.Payment.Id, out var sent)
            ? _run.Time.GetElapsedTime(sent).TotalMilliseconds
            : null;
        if (latency is { } milliseconds)
        {
            _latency.Add(milliseconds);
        }

        Show(VerdictLine.Of(verdict, record.Time.ToUnixTimeMilliseconds(), latency), verdict);
    }

    private void SeeAlert(SeenRecord record)
    {
        var verdict = record.Value<Verdict>();
        var rules = verdict.Objections.Select(objection => objection.Rule).Order(StringComparer.Ordinal);
        _alerts.See(verdict.Payment.Id, string.Join(", ", rules));
    }

    private void Show(VerdictLine line, Verdict verdict)
    {
        lock (_gate)
        {
            Keep(_lastVerdicts, line, VerdictsShown);
            if (verdict.IsApproved)
            {
                _approved++;
                return;
            }

            _objected++;
            Keep(_lastAlerts, line, AlertsShown);
            foreach (var objection in verdict.Objections)
            {
                _byRule[objection.Rule]++;
            }
        }
    }

    private static void Keep(Queue<VerdictLine> lines, VerdictLine line, int most)
    {
        lines.Enqueue(line);
        if (lines.Count > most)
        {
            lines.Dequeue();
        }
    }
}
