using System.Text.Json;
using StreamFlow;
using StreamFlow.Serialization;

namespace StreamFlowNamespace;

/// <summary>Mean temperature per sensor and minute.</summary>
public static class Pipeline
{
    public const string Readings = "readings";
    public const string Averages = "averages";

    // A reading without a temperature is a mistake, and not one of 0 degrees.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public static void Describe(StreamsBuilder topology)
    {
        topology.Serdes.Add(new JsonSerde<Reading>(Json));
        topology.Serdes.Add(new JsonSerde<Average>(Json));

        topology.Stream<string, Reading>(Readings)
            .GroupByKey()
            .WindowedBy(TumblingWindows.Of(size: TimeSpan.FromMinutes(1), grace: TimeSpan.FromSeconds(10)))
            .Aggregate(() => Average.None, (_, reading, average) => average.With(reading), new() { Name = "averages" })
            .ToStream((sensor, _) => sensor.Key)
            .To(Averages);
    }
}

/// <summary>What a sensor, the record's key, has measured.</summary>
public sealed record Reading(double Celsius);

/// <summary>What is known of a sensor's minute.</summary>
public sealed record Average(long Readings, double Sum)
{
    public static readonly Average None = new(0, 0);

    public double Mean => Sum / Readings;

    public Average With(Reading reading) => new(Readings + 1, Sum + reading.Celsius);
}
