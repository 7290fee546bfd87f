using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StreamFlow.Broker;
using StreamFlow.Broker.Testing;
using StreamFlow.Hosting.Tests.Support;
using Confluent.Kafka;

namespace StreamFlow.Hosting.Tests;

/// <summary>What the health check of a host says of its broker, well and unwell.</summary>
public sealed class EmbeddedBrokerHealthTests
{
    [Fact]
    public async Task A_broker_is_healthy_until_it_is_stopped()
    {
        await using var services = new ServiceCollection().AddLogging().AddEmbeddedBroker().AddHealthChecks().AddEmbeddedBroker().Services.BuildServiceProvider();

        var well = await CheckAsync(services);
        await services.GetRequiredService<EmbeddedBroker>().DisposeAsync();
        var stopped = await CheckAsync(services);

        Assert.Equal((HealthStatus.Healthy, "embedded broker: ready", "Healthy"), (well.Status, well.Description, well.Data["condition"]));
        Assert.Equal(["streamflow"], well.Tags);
        Assert.Equal((HealthStatus.Unhealthy, "embedded broker: stopped"), (stopped.Status, stopped.Description));
    }

    [Fact]
    public async Task A_full_disk_is_degraded_names_the_partition_and_passes()
    {
        await using var broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders")] });
        await using var services = Services(broker);
        broker.IsDiskFull = true;
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
        var sent = producer.ProduceAsync("orders", new Message<string, string> { Value = "one" });
        await TestHost.Until(() => broker.Broker.State.Condition == BrokerCondition.Degraded, "the disk is noticed");

        var unwell = await CheckAsync(services);
        broker.IsDiskFull = false;
        await sent.WaitAsync(TestHost.Deadline);
        await TestHost.Until(() => broker.Broker.State.Condition == BrokerCondition.Healthy, "the broker is well again");

        Assert.Equal(HealthStatus.Degraded, unwell.Status);
        Assert.Matches("^embedded broker: orders-0 takes no writes since 2[0-9-]+ [0-9:]+Z: .*space", unwell.Description);
        Assert.Equal(["orders-0"], Assert.IsType<List<string>>(unwell.Data["partitions"]));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
    }

    [Fact]
    public async Task A_check_without_a_broker_says_what_to_do()
    {
        await using var services = new ServiceCollection().AddLogging().AddHealthChecks().AddEmbeddedBroker().Services.BuildServiceProvider();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => CheckAsync(services));

        Assert.Contains("call services.AddEmbeddedBroker()", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, BrokerCondition.Degraded, false, "orders-1 takes no writes since 2026-11-30 00:00:00Z: Input/output error; groups are not served")]
    [InlineData(false, BrokerCondition.Degraded, true, "orders-1 is damaged, and is neither read nor written, since 2026-11-30 00:00:00Z: Input/output error; groups are not served")]
    public void A_state_says_in_a_sentence_what_is_wrong_and_whether_it_passes(bool isReadable, BrokerCondition condition, bool needsHelp, string summary)
    {
        var trouble = new BrokerPartitionTrouble("orders", 1, isReadable, "Input/output error.", new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero));
        var state = new BrokerState(condition, [trouble], HasGroups: false, HasTransactions: true);

        Assert.Equal((needsHelp, summary), (state.NeedsHelp, state.Summary));
        Assert.EndsWith("; 2 more partitions as well", new BrokerState(condition, [.. Enumerable.Repeat(trouble, 5)], true, true).Summary, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(TestBroker broker) => new ServiceCollection().AddLogging().AddSingleton(_ => broker.Broker)
        .AddHealthChecks().AddEmbeddedBroker().Services.BuildServiceProvider();

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider services) =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["streamflow-broker"];
}
