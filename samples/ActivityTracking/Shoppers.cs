using System.Globalization;

namespace ActivityTracking;

/// <summary>A click with who made it and when; it may come later than others that were made after it.</summary>
internal readonly record struct MadeClick(string User, Click Click, long Timestamp);

/// <summary>
/// Users who look around in a shop, put things into the cart and buy: visits of some clicks, seconds apart, and breaks between them.
/// The same seed gives the same clicks. One in fifty comes from a phone without reception, up to 40 s late.
/// </summary>
internal sealed class Shoppers
{
    /// <summary>A user makes a click in 14 seconds on average, visits and breaks together.</summary>
    public const int UsersPerClickAndSecond = 14;

    private static readonly string[][] Shelves =
    [
        ["espresso-machine", "grinder", "kettle", "scale", "filter-papers", "coffee-beans"],
        ["tent", "sleeping-bag", "camping-stove", "headlamp", "backpack", "water-bottle"],
        ["helmet", "bicycle-lock", "pump", "bicycle-lights", "panniers", "bell"],
        ["spade", "hose", "tomato-seeds", "gloves", "flower-pot", "shears"],
        ["guitar", "guitar-strings", "tuner", "amplifier", "strap", "picks"],
    ];

    private readonly Random _random;
    private readonly PriorityQueue<Step, long> _next = new();

    /// <param name="seed">Of its randomness.</param>
    /// <param name="users">How many users there are.</param>
    /// <param name="startMs">Event time of the beginning.</param>
    /// <param name="run">Part of the users' names, so that they are not those of an earlier run.</param>
    public Shoppers(int seed, int users, long startMs, string run)
    {
        _random = new Random(seed);
        foreach (var number in Enumerable.Range(1, users))
        {
            var user = UserOf(run, number);
            var time = startMs + _random.Next(120_000);
            _next.Enqueue(new Step(user, _random.Next(Shelves.Length), Left: _random.Next(1, 16), null, time), time);
        }
    }

    /// <summary>All pages of the shop.</summary>
    public static IEnumerable<string> Pages => Shelves.SelectMany(shelf => shelf).Order(StringComparer.Ordinal);

    /// <summary>The name of a user, counted from 1.</summary>
    public static string UserOf(string run, int number) => string.Create(CultureInfo.InvariantCulture, $"{run}-{number:D5}");

    /// <summary>The clicks in the order in which they come, for ever.</summary>
    public IEnumerable<MadeClick> Run()
    {
        while (_next.TryDequeue(out var step, out _))
        {
            if (step.Left is null)
            {
                yield return new MadeClick(step.User, step.Last!, step.Time);
                continue;
            }

            var click = Choose(ref step);
            var delay = _random.Next(50) == 0 ? _random.Next(40_000) : 0;
            if (delay > 0)
            {
                _next.Enqueue(step with { Left = null, Last = click }, step.Time + delay);
            }

            GoOn(step with { Last = click });
            if (delay == 0)
            {
                yield return new MadeClick(step.User, click, step.Time);
            }
        }
    }

    /// <summary>What was viewed may go into the cart, and what is there may be bought; else another page, mostly of the same shelf.</summary>
    private Click Choose(ref Step step)
    {
        if (step.Last is { Action: Stage.View } viewed && _random.Next(100) < 12)
        {
            return viewed with { Action = Stage.Cart };
        }

        if (step.Last is { Action: Stage.Cart } inCart && _random.Next(100) < 45)
        {
            return inCart with { Action = Stage.Buy };
        }

        if (_random.Next(8) == 0)
        {
            step = step with { Shelf = _random.Next(Shelves.Length) };
        }

        // The smaller of two numbers: what stands first on a shelf is looked at more.
        var shelf = Shelves[step.Shelf];
        return new Click(shelf[Math.Min(_random.Next(shelf.Length), _random.Next(shelf.Length))], Stage.View);
    }

    private void GoOn(Step step)
    {
        var isLast = step.Left == 1;
        var pause = isLast ? _random.Next(40_000, 160_000) : _random.Next(10) == 0 ? _random.Next(28_000) : _random.Next(1_000, 5_000);
        var time = step.Time + pause;
        _next.Enqueue(
            isLast
                ? new Step(step.User, _random.Next(Shelves.Length), _random.Next(3, 17), null, time)
                : step with { Left = step.Left - 1, Time = time },
            time);
    }

    /// <summary>The next click of a user.</summary>
    /// <param name="Left">Clicks of the visit that are left, or null: the click is made, and on its way.</param>
    private readonly record struct Step(string User, int Shelf, int? Left, Click? Last, long Time);
}
