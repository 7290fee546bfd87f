using global::RiderMap;
using StreamFlow.Samples.Tests.Support;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.RiderMap;

public sealed class PipelineTests : IDisposable
{
    private readonly SampleRig _rig = new(Pipeline.Describe, new Books(), Pipeline.Positions, Pipeline.Deliveries);
    private long _time;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Rider_is_where_the_last_position_says()
    {
        Push("r1", 100, 100);
        Push("r2", 3999, 2499);
        Push("r1", 700, 100);

        Assert.Equal(
            [new("r1", new Rider(new Position(700, 100, true), "B1", 2)), new("r2", new Rider(new Position(3999, 2499, true), "H5", 1))],
            Table<Rider>(Pipeline.Riders).OrderBy(r => r.Key));
    }

    [Fact]
    public void Rider_who_crosses_into_a_zone_is_counted_there_and_no_longer_in_the_other()
    {
        Push("r1", 100, 100);
        Push("r2", 200, 100);
        Push("r1", 500, 100);
        Push("r1", 600, 100);

        Assert.Equal([new("A1", 1L), new("B1", 1L)], Table<long>(Pipeline.RidersPerZone).OrderBy(z => z.Key));
    }

    [Fact]
    public void Delivery_goes_with_its_rider_until_it_has_arrived()
    {
        Push("r1", 100, 100);
        Push("r2", 900, 900);
        Send(Pipeline.Deliveries, "d1", new Delivery("r1", 300, 100, Arrived: false));
        Push("r1", 200, 100);
        Assert.Equal(new Position(200, 100, true), Table<TrackedDelivery>(Pipeline.TrackedDeliveries)["d1"].At);

        Push("r1", 300, 100);
        Send(Pipeline.Deliveries, "d1", new Delivery("r1", 300, 100, Arrived: true));
        Push("r1", 400, 100);
        Assert.Equal(
            new TrackedDelivery(new Delivery("r1", 300, 100, Arrived: true), null), Table<TrackedDelivery>(Pipeline.TrackedDeliveries)["d1"]);

        Send(Pipeline.Deliveries, "d1", null);
        Assert.False(_rig.Driver.CreateOutputTopic<string, TrackedDelivery>(Pipeline.TrackedDeliveries).ReadAll()[^1].HasValue);
    }

    [Fact]
    public void Delivery_sets_out_once_from_where_its_rider_is()
    {
        Push("r1", 100, 100);
        Send(Pipeline.Deliveries, "d1", new Delivery("r1", 300, 100, Arrived: false));
        Push("r1", 300, 100);
        Send(Pipeline.Deliveries, "d1", new Delivery("r1", 300, 100, Arrived: true));
        Send(Pipeline.Deliveries, "d1", null);

        Assert.Equal(
            [new("r1", new Departure("d1", new Position(100, 100, true)))],
            _rig.Driver.CreateOutputTopic<string, Departure>(Pipeline.Departures).ReadKeyValues());
    }

    private void Push(string rider, int x, int y) => Send(Pipeline.Positions, rider, new Position(x, y, EastWest: true));

    private void Send(string topic, string key, object? value) => _rig.Send(topic, key, value, _time += 5_000);

    private IReadOnlyDictionary<string, T> Table<T>(string topic) => _rig.Driver.CreateOutputTopic<string, T>(topic).ReadTable();
}
