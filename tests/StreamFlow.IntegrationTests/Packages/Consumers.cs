namespace StreamFlow.IntegrationTests.Packages;

/// <summary>What somebody writes who has nothing of StreamFlow but its packages.</summary>
internal static class Consumers
{
    /// <summary>Counts words on a broker of its own, on RocksDB, and prints what an ordinary consumer reads.</summary>
    public const string Program = """
        using Confluent.Kafka;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using StreamFlow;
        using StreamFlow.Broker;

        await using var broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("words"), new BrokerTopic("counts")] });
        using (var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build())
        {
            foreach (var word in new[] { "a", "b", "a" })
            {
                await producer.ProduceAsync("words", new Message<string, string> { Key = word, Value = word });
            }
        }

        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddStreamFlow(
            "words",
            (topology, _) => topology.Stream<string, string>("words").GroupByKey().Count().ToStream().To("counts"),
            options =>
            {
                options.BootstrapServers = broker.BootstrapServers;
                options.Streams.StateDirectory = args[0];
                options.Streams.CommitInterval = TimeSpan.FromMilliseconds(100);
            });
        using var host = builder.Build();
        await host.StartAsync();
        using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
        {
            BootstrapServers = broker.BootstrapServers, GroupId = "reader", AutoOffsetReset = AutoOffsetReset.Earliest,
        }).Build();
        consumer.Subscribe("counts");
        var counts = new SortedDictionary<string, int>();
        while (counts.Values.Sum() < 3 && consumer.Consume(TimeSpan.FromSeconds(60)) is { } result)
        {
            counts[result.Message.Key] = result.Message.Value[^1];
        }

        await host.StopAsync();
        Console.WriteLine(string.Join(' ', counts.Select(c => $"{c.Key}={c.Value}")));
        """;

    /// <summary>A test of a topology.</summary>
    public const string Tests = """
        using StreamFlow;
        using StreamFlow.Serialization;
        using StreamFlow.Testing;
        using Xunit;

        public sealed class GreetingTests
        {
            [Fact]
            public void Names_are_greeted()
            {
                var builder = new StreamsBuilder();
                builder.Stream<string, string>("names").MapValues(name => $"Hello, {name}!").To("greetings");
                using var driver = new TopologyTestDriver(builder.Build());
                driver.CreateInputTopic("names", Serdes.String, Serdes.String).Pipe("k", "world");
                var greeting = driver.CreateOutputTopic("greetings", Serdes.String, Serdes.String).ReadKeyValue();
                Assert.Equal(KeyValuePair.Create("k", "Hello, world!"), greeting);
            }
        }

        public sealed class BrokerTests(StreamFlow.Broker.Testing.TestBroker broker) : IClassFixture<StreamFlow.Broker.Testing.TestBroker>
        {
            [Fact]
            public void It_is_up() => Assert.Equal(StreamFlow.Broker.BrokerCondition.Healthy, broker.Broker.State.Condition);
        }
        """;

    /// <summary>A project with references to packages.</summary>
    public static string Project(string properties, params (string Package, string Version)[] packages) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            {string.Join('\n', packages.Select(p => $"<PackageReference Include=\"{p.Package}\" Version=\"{p.Version}\" />"))}
          </ItemGroup>
        </Project>
        """;
}
