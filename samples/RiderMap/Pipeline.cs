using StreamFlow;
using StreamFlow.Samples;

namespace RiderMap;

/// <summary>The latest position of each rider, the riders in each zone, and each delivery with where it set out and where it is.</summary>
internal static class Pipeline
{
    public const string Positions = "rider-positions";
    public const string Deliveries = "deliveries";
    public const string Riders = "riders";
    public const string RidersPerZone = "riders-per-zone";
    public const string TrackedDeliveries = "tracked-deliveries";
    public const string Departures = "departures";

    /// <summary>Stores have the names of the topics that their rows go to.</summary>
    public static void Describe(StreamsBuilder builder)
    {
        builder.Serdes.Add(SampleJson.Serde<Position>());
        builder.Serdes.Add(SampleJson.Serde<Rider>());
        builder.Serdes.Add(SampleJson.Serde<Delivery>());
        builder.Serdes.Add(SampleJson.Serde<TrackedDelivery>());
        builder.Serdes.Add(SampleJson.Serde<Departure>());

        var riders = builder.Stream<string, Position>(Positions)
            .GroupByKey()
            .Aggregate(() => Rider.Unknown, (_, position, rider) => rider.MovedTo(position), new() { Name = Riders });
        riders.ToStream().To(Riders);

        // A rider who crosses into another zone is taken out of one count and put into the other.
        riders.GroupBy((id, rider) => (rider.Zone, id), new() { Name = "by-zone" })
            .Count(new() { Name = RidersPerZone })
            .ToStream()
            .To(RidersPerZone);

        // By foreign key: each push of a rider moves all that this rider carries. What has arrived is carried by nobody.
        var deliveries = builder.Stream<string, Delivery>(Deliveries);
        deliveries.ToTable(new() { Name = Deliveries })
            .LeftJoin(
                riders,
                (_, delivery) => delivery.Arrived ? null : delivery.Rider,
                (delivery, rider) => new TrackedDelivery(delivery, rider?.Value.Last),
                new() { Name = "tracking", Materialized = new() { Name = TrackedDeliveries } })
            .ToStream()
            .To(TrackedDeliveries);

        // By the rider's key, once for each delivery: where its rider was when it set out.
        deliveries.Filter(record => record.HasValue && !record.Value.Arrived)
            .Map((id, delivery) => (delivery.Rider, id))
            .Join(riders, (id, rider) => new Departure(id, rider.Last!), new() { Name = "departing" })
            .To(Departures);
    }
}
