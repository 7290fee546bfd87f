using global::RiderMap;
using StreamFlow.Samples.Tests.Support;

namespace StreamFlow.Samples.Tests.RiderMap;

/// <summary>The city in the test driver: its books balance, and tell what is lost.</summary>
public sealed class RiderBooksTests
{
    private const int Riders = 25;
    private const int Pushes = 2_500;
    private readonly int _seed = Random.Shared.Next();

    [Fact]
    public void Books_of_a_city_balance()
    {
        var books = new Books();
        using var rig = Run(books, new RiderBooks(books));
        rig.Settle();

        Assert.True(rig.Wrong.Count == 0, $"seed {_seed}: {Told(books)}");
        Assert.Equal(Pushes, Expected("positions"));
        Assert.Equal(Riders, Expected("riders in zones"));
        Assert.InRange(Expected("deliveries, each"), 1, Pushes);

        long Expected(string name) => books.Entries.First(e => e.Name.StartsWith(name, StringComparison.Ordinal)).Expected;
    }

    [Fact]
    public void A_position_that_the_application_never_got_is_missed()
    {
        var books = new Books();
        var number = 0;
        using var rig = Run(books, new RiderBooks(books), h => h.Value is Position && ++number == 1_234);
        rig.Settle();

        Assert.Contains("positions, each counted once", rig.Wrong);
        Assert.Contains("riders, each at the last position that was sent", rig.Wrong);
    }

    [Theory]
    [InlineData(Pipeline.RidersPerZone, "zones, each with the riders in it", "riders in zones, all of them together")]
    [InlineData(Pipeline.TrackedDeliveries, "deliveries on the map, each where its rider is, or arrived")]
    [InlineData(Pipeline.Departures, "deliveries, each joined with its rider once")]
    public void Results_that_are_lost_are_missed(string topic, params string[] wrong)
    {
        var books = new Books();
        using var rig = Run(books, new RiderBooks(books));
        rig.Settle((lost, number) => lost == topic && (number % 2 == 0 || topic == Pipeline.TrackedDeliveries));

        Assert.Equal(wrong, rig.Wrong);
    }

    /// <summary>What an earlier run has left is where the next one goes on; its deliveries are given up.</summary>
    [Fact]
    public void Books_of_a_second_run_balance_too()
    {
        var second = new Books();
        using var rig = Run(new Books(), new RiderBooks(new Books()));
        var books = new RiderBooks(second);
        rig.ReadEarlier(second);

        Assert.NotEmpty(books.Abandoned);
        foreach (var happening in books.Abandoned.Select(d => new Happening(Pipeline.Deliveries, d, null)).ToList())
        {
            Send(rig, books, happening, time: Pushes);
        }

        var city = new Simulation(_seed + 1, Riders, "second");
        for (var push = 0; push < Pushes; push++)
        {
            foreach (var happening in city.Push())
            {
                Send(rig, books, happening, time: Pushes + push);
            }
        }

        rig.Settle(into: second);
        Assert.True(second.Balance, $"seed {_seed}: {Told(second)}");
    }

    private SampleRig Run(Books books, RiderBooks riders, Func<Happening, bool>? loses = null)
    {
        var rig = new SampleRig(Pipeline.Describe, books, Pipeline.Positions, Pipeline.Deliveries);
        var city = new Simulation(_seed, Riders, "first");
        for (var push = 0; push < Pushes; push++)
        {
            foreach (var happening in city.Push())
            {
                Send(rig, riders, happening, push, loses?.Invoke(happening) is true);
            }
        }

        return rig;
    }

    private static void Send(SampleRig rig, RiderBooks books, Happening happening, long time, bool isLost = false)
    {
        books.Expect(happening);
        if (!isLost)
        {
            rig.Send(happening.Topic, happening.Key, happening.Value, time);
        }
    }

    private static string Told(Books books) =>
        string.Join('\n', books.Entries.Where(e => !e.Balances).Select(e => $"{e.Name}: {string.Join("; ", e.Differences)}"));
}
