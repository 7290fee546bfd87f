using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Clients;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.Testing;

namespace StreamFlow.Hosting.Tests;

/// <summary>What .NET developers expect of a callback that gets services.</summary>
public sealed class TopologyServicesTests
{
    /// <summary>In production, as here, .NET itself would hand them out and keep them for ever.</summary>
    [Theory]
    [InlineData(typeof(Scoped), "Scoped, a scoped service")]
    [InlineData(typeof(IEnumerable<Scoped>), "which needs the scoped service")]
    [InlineData(typeof(NeedsScoped), "NeedsScoped, which needs the scoped service")]
    [InlineData(typeof(NeedsNeeding), "NeedsNeeding, which needs the scoped service")]
    [InlineData(typeof(Generic<int>), "which needs the scoped service")]
    public void A_scoped_service_is_refused_with_the_remedy(Type asked, string says)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Described(services => services.GetService(asked)));

        Assert.StartsWith("StreamFlow application 'shout': its topology asks for ", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("Make a scope in the operator", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scoped_service_with_a_key_is_refused_too() =>
        Assert.Throws<InvalidOperationException>(() => Described(services => services.GetRequiredKeyedService<Scoped>("mine")));

    [Fact]
    public void Singletons_transients_and_keyed_services_are_handed_out_and_scopes_are_made()
    {
        Described(services =>
        {
            Assert.Same(services.GetRequiredService<Single>(), services.GetService<Single>());
            Assert.NotNull(services.GetRequiredService<NeedsSingle>());
            Assert.Null(services.GetService<string>());
            Assert.Empty(services.GetServices<string>());
            Assert.NotNull(services.GetRequiredKeyedService<IKafkaClients>("shout"));
            Assert.Null(services.GetKeyedService<Single>("no"));
            Assert.NotNull(ActivatorUtilities.CreateInstance<NeedsSingle>(services));
            using var scope = services.CreateScope();
            Assert.NotNull(scope.ServiceProvider.GetRequiredService<Scoped>());
            return null;
        });
    }

    [Fact]
    public void An_async_topology_is_refused_when_it_is_added()
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddStreamFlow("shout", async (topology, _) =>
        {
            await Task.Yield();
            Topologies.Shout(topology);
        }));

        Assert.StartsWith(
            "The function that describes the topology of 'shout' is async: it would return before it has described anything.",
            error.Message,
            StringComparison.Ordinal);
    }

    private static void Described(Func<IServiceProvider, object?> ask)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddScoped<Scoped>().AddSingleton<Single>().AddTransient<NeedsScoped>().AddTransient<NeedsNeeding>()
            .AddTransient<NeedsSingle>().AddKeyedScoped<Scoped>("mine").AddScoped(typeof(Generic<>));
        services.AddKeyedSingleton<IKafkaClients>("shout", new InMemoryKafka());
        services.AddStreamFlow("shout", (topology, provider) =>
        {
            ask(provider);
            Topologies.Shout(topology);
        });
        using var host = services.BuildServiceProvider();
        Assert.NotNull(host.GetRequiredKeyedService<StreamsApplication>("shout"));
    }

    private sealed class Scoped;

    private sealed class Single;

    private sealed class NeedsSingle(Single single)
    {
        public Single Single { get; } = single;
    }

    private sealed class NeedsScoped(Scoped scoped)
    {
        public Scoped Scoped { get; } = scoped;
    }

    private sealed class NeedsNeeding(Single single, NeedsScoped needs)
    {
        public (Single, NeedsScoped) Both { get; } = (single, needs);
    }

    private sealed class Generic<T>
    {
        public T? Value { get; }
    }
}
