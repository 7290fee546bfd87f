using System.Globalization;
using StreamFlow;
using StreamFlow.State;

namespace FraudDetection;

/// <summary>Holds a payment against all rules.</summary>
internal sealed class Judge : ContextualFixedKeyProcessor<string, CheckedPayment, Verdict>
{
    private IWindowStore<string, long> _counts = null!;
    private IKeyValueStore<string, LastSeen> _lastPlaces = null!;

    public override void Init(FixedKeyProcessorContext<string, Verdict> context)
    {
        base.Init(context);
        _counts = context.GetStateStore<IWindowStore<string, long>>(Pipeline.WindowCounts);
        _lastPlaces = context.GetStateStore<IKeyValueStore<string, LastSeen>>(Pipeline.LastPlaces);
    }

    public override void Process(FixedKeyRecord<string, CheckedPayment> record)
    {
        var (payment, blocked) = record.Value;
        var objections = new List<Objection>();
        if (blocked is not null && record.Timestamp >= blocked.SinceMs)
        {
            objections.Add(new(Rules.Blocked, Text($"The card is blocked since {Time(blocked.SinceMs)}: {blocked.Reason}.")));
        }

        if (FullestWindow(record.Key, record.Timestamp) is { Count: > Rules.PaymentsPerWindow } window)
        {
            objections.Add(new(Rules.Velocity, Text(
                $"{window.Count} payments in the minute from {Time(window.Start)}; {Rules.PaymentsPerWindow} are allowed.")));
        }

        if (Travelled(record.Key, payment.Place, record.Timestamp) is { } travel)
        {
            objections.Add(new(Rules.Travel, travel));
        }

        Context.Forward(record.WithValue(new Verdict(payment, objections)));
    }

    /// <summary>Of the windows that the payment is in, the one with the most payments so far.</summary>
    private (long Start, long Count) FullestWindow(string card, long timestamp)
    {
        var first = timestamp - (long)Rules.WindowSize.TotalMilliseconds + 1;
        (long Start, long Count) fullest = default;
        foreach (var (start, row) in _counts.Fetch(card, first, timestamp))
        {
            if (row.Value > fullest.Count)
            {
                fullest = (start, row.Value);
            }
        }

        return fullest;
    }

    /// <summary>What is wrong with the way from the place before to this one, or null; this place is then the last one.</summary>
    private string? Travelled(string card, Place place, long timestamp)
    {
        var found = _lastPlaces.TryGet(card, out var last);
        if (!found || timestamp >= last!.AtMs)
        {
            _lastPlaces.Put(card, new LastSeen(place, timestamp), timestamp);
        }

        if (!found)
        {
            return null;
        }

        var kilometres = last!.Place.KilometresTo(place);
        var between = TimeSpan.FromMilliseconds(Math.Abs(timestamp - last.AtMs));
        return kilometres >= Rules.LeastKilometres && kilometres > between.TotalHours * Rules.KilometresPerHour
            ? Text($"{last.Place.City} at {Time(last.AtMs)} and {place.City} {between.TotalSeconds:F0} s apart: {kilometres:F0} km.")
            : null;
    }

    private static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
