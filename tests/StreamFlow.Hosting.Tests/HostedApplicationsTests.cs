using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Broker;

namespace StreamFlow.Hosting.Tests;

/// <summary>Whoever shows applications learns of them before they start, and may refuse the start of the host.</summary>
public sealed class HostedApplicationsTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Applications_are_told_before_they_start_and_whoever_comes_later_is_told_too()
    {
        using var host = Build();
        var hosted = host.Services.GetRequiredService<HostedApplications>();
        var told = new List<(string Name, StreamsState State)>();
        hosted.WhenMade(made => told.Add((made.Name, made.Application.State)));
        Assert.Empty(told);

        await host.StartAsync().WaitAsync(Deadline);

        Assert.Equal(["one", "two"], hosted.Names);
        Assert.Equal([("one", StreamsState.Created), ("two", StreamsState.Created)], told);
        var later = new List<HostedApplication>();
        hosted.WhenMade(later.Add);
        Assert.Equal(["one", "two"], later.Select(h => h.Name));
        Assert.Same(host.Services.GetRequiredKeyedService<StreamsApplication>("one"), later[0].Application);
        Assert.NotEmpty(later[0].Options.BootstrapServers);
        await host.StopAsync().WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_check_that_throws_makes_the_start_fail_and_is_asked_once()
    {
        using var host = Build();
        var asked = 0;
        host.Services.GetRequiredService<HostedApplications>().WhenStarted(() =>
        {
            asked++;
            throw new InvalidOperationException("It listens to the world.");
        });

        var error = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync().WaitAsync(Deadline));

        Assert.Contains("It listens to the world.", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, asked);
        await host.StopAsync().WaitAsync(Deadline);
    }

    private static IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Test" });
        builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions { Topics = [new("in"), new("out")] });
        foreach (var name in new[] { "one", "two" })
        {
            builder.Services.AddStreamFlow(
                name,
                (topology, _) => topology.Stream<string, string>("in").To("out"),
                options => options.StoreBackend = StoreBackend.InMemory);
        }

        return builder.Build();
    }
}
