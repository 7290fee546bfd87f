using global::RiderMap;

namespace StreamFlow.Samples.Tests.RiderMap;

public sealed class SimulationTests
{
    [Fact]
    public void The_same_seed_gives_the_same_city()
    {
        Assert.Equal(Happenings(seed: 7), Happenings(seed: 7));
        Assert.NotEqual(Happenings(seed: 7), Happenings(seed: 8));
    }

    [Fact]
    public void Riders_stay_in_the_streets_and_ride_no_faster_than_they_can()
    {
        var last = new Dictionary<string, Position>();
        foreach (var (rider, at) in Happenings(seed: 1).Where(h => h.Value is Position).Select(h => (h.Key, (Position)h.Value!)))
        {
            Assert.InRange(at.X, 0, City.Width);
            Assert.InRange(at.Y, 0, City.Height);
            Assert.Equal(0, (at.EastWest ? at.Y : at.X) % City.Block);
            if (last.TryGetValue(rider, out var before))
            {
                Assert.InRange(Math.Abs(at.X - before.X) + Math.Abs(at.Y - before.Y), 0, 70);
            }

            last[rider] = at;
        }
    }

    [Fact]
    public void A_delivery_arrives_where_it_is_to_go_and_is_forgotten_later()
    {
        var at = new Dictionary<string, Position>();
        var stages = new Dictionary<string, List<string>>();
        foreach (var (_, key, value) in Happenings(seed: 1))
        {
            if (value is Position position)
            {
                at[key] = position;
                continue;
            }

            stages.TryAdd(key, []);
            stages[key].Add(value switch { Delivery { Arrived: false } => "out", Delivery => "arrived", _ => "gone" });
            if (value is Delivery { Arrived: true } arrived)
            {
                Assert.Equal((arrived.X, arrived.Y), (at[arrived.Rider].X, at[arrived.Rider].Y));
            }
        }

        Assert.All(stages.Values, seen => Assert.StartsWith(string.Join(' ', seen), "out arrived gone", StringComparison.Ordinal));
        Assert.Contains(stages.Values, seen => seen.Count == 3);
    }

    private static List<Happening> Happenings(int seed)
    {
        var city = new Simulation(seed, riders: 20, "run");
        return [.. Enumerable.Range(0, 4_000).SelectMany(_ => city.Push())];
    }
}
