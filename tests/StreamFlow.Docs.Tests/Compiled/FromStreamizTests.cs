using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Docs.Tests.Compiled;

/// <summary>What docs/guide/from-streamiz.md shows of StreamFlow.</summary>
public sealed class FromStreamizTests
{
    internal static async Task ApplicationAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddStreamFlow(
            "order-counts",
            (topology, _) =>
            {
                topology.Serdes.Add(new JsonSerde<Order>());
                topology.Stream<string, Order>("orders")
                    .Filter((_, order) => order.Status == "placed")
                    .GroupBy((_, order) => order.Category)
                    .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.Zero))
                    .Count(new() { Name = "counts" })
                    .ToStream((window, _) => window.Key)
                    .To("order-counts");
            },
            options =>
            {
                options.BootstrapServers = "localhost:9092";
                options.Streams.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
                options.Streams.StateDirectory = "/state";
                options.Producer["compression.type"] = "lz4";
            });
        await builder.Build().RunAsync();
    }

    [Fact]
    public void Joins()
    {
        var topology = new StreamsBuilder();
        var customers = topology.Table<string, string>("customers");
        topology.Stream<string, string>("visits")
            .LeftJoin(customers, (visit, name) => $"{visit} by {name?.Value ?? "somebody"}")
            .To("named-visits");

        using var driver = new TopologyTestDriver(topology.Build());
        var names = driver.CreateInputTopic<string, string>("customers");
        var visits = driver.CreateInputTopic<string, string>("visits");
        var output = driver.CreateOutputTopic<string, string>("named-visits");
        names.Pipe("a", "Alice");
        visits.Pipe("a", "home");
        Assert.Equal("home by Alice", output.ReadKeyValue().Value);
    }

    [Fact]
    public void Numbers_of_Streamiz_can_be_read()
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, long> { ValueSerde = new LittleEndianInt64() })
            .MapValues(number => number + 1)
            .To("out", new() { ValueSerde = new LittleEndianInt64() });
        using var driver = new TopologyTestDriver(builder.Build());

        driver.CreateInputTopic("in", Serdes.String, Serdes.Bytes).Pipe("k", [0, 1, 0, 0, 0, 0, 0, 0]);

        Assert.Equal([1, 1, 0, 0, 0, 0, 0, 0], driver.CreateOutputTopic("out", Serdes.String, Serdes.Bytes).ReadKeyValue().Value);
    }

    public sealed class LittleEndianInt64 : ISerde<long>
    {
        public void Serialize(long value, IBufferWriter<byte> writer)
        {
            BinaryPrimitives.WriteInt64LittleEndian(writer.GetSpan(sizeof(long)), value);
            writer.Advance(sizeof(long));
        }

        public long Deserialize(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt64LittleEndian(data);
    }

    private sealed record Order(string Category, string Status);
}
