using System.Globalization;
using Microsoft.Extensions.Hosting;
using Spectre.Console;

namespace OrderCounts;

/// <summary>Shows windows, counts, rate and orders in flight: a live table in a terminal, plain lines elsewhere.</summary>
internal sealed class Display(Settings settings, Ledger ledger, CountTable counts, RunClock clock, LivePage page) : BackgroundService
{
    private long _lastSeen;
    private TimeSpan _lastAt;
    private double _rate;
    private bool _firstWindowShown;

    /// <summary>Only the generator knows how many orders there are; a worker by itself says how many it has seen.</summary>
    private string Progress => settings.Generates
        ? string.Create(CultureInfo.InvariantCulture, $"in flight {ledger.InFlight:N0}   in {ledger.Generated:N0}")
        : string.Create(CultureInfo.InvariantCulture, $"in {ledger.Seen:N0}");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await (settings.Plain ? RunPlainAsync(stoppingToken) : RunLiveAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The program ends; the summary follows.
        }
    }

    private async Task RunLiveAsync(CancellationToken stop) =>
        await AnsiConsole.Live(Draw()).StartAsync(async live =>
        {
            var size = Size();
            while (!stop.IsCancellationRequested)
            {
                if (size != Size())
                {
                    // What was drawn for another size is elsewhere now: the next table would be drawn below its rests.
                    size = Size();
                    AnsiConsole.Clear();
                }

                live.UpdateTarget(Draw());
                await Task.Delay(250, stop);
            }
        });

    private async Task RunPlainAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(_firstWindowShown ? 1000 : 50, stop);
            var rows = counts.Rows();
            if (rows.Count == 0)
            {
                continue;
            }

            _firstWindowShown = true;
            UpdateRate();
            var latest = rows.Where(r => r.Key.WindowStart == rows[0].Key.WindowStart).ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{clock.Elapsed.TotalSeconds,6:F1} s  {_rate,9:N0} orders/s  {Progress}  window {CountScreen.Time(rows[0].Key.WindowStart)} (event time): ")
                + string.Join("  ", latest.Select(r => $"{r.Key.Category} {r.Count.Count}")));
        }
    }

    private static (int Width, int Height) Size() => (AnsiConsole.Profile.Width, AnsiConsole.Profile.Height);

    private Rows Draw()
    {
        UpdateRate();
        return CountScreen.Draw(
            counts.Rows(),
            AnsiConsole.Profile.Width,
            page.Address,
            string.Create(CultureInfo.InvariantCulture, $"{_rate:N0} orders/s   {Progress}"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"counted {ledger.Counted:N0}   filtered {ledger.Filtered:N0}   late {ledger.Late:N0}   malformed {ledger.Malformed:N0}"));
    }

    private void UpdateRate()
    {
        var (seen, at) = (ledger.Seen, clock.Elapsed);
        var seconds = (at - _lastAt).TotalSeconds;
        if (seconds > 0)
        {
            _rate = (seen - _lastSeen) / seconds;
            (_lastSeen, _lastAt) = (seen, at);
        }
    }
}
