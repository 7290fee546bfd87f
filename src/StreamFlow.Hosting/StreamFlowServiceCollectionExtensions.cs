using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;
using StreamFlow.Hosting;
using StreamFlow.Kafka;
using StreamFlow.State;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds StreamFlow applications to a host.</summary>
public static class StreamFlowServiceCollectionExtensions
{
    /// <summary>
    /// Adds one application: it starts with the host, stops with it (SIGTERM drains: what is processed is committed), and
    /// is there as a keyed <see cref="StreamFlow.StreamsApplication"/>. Call it once per application; several share a host.
    /// </summary>
    /// <example>
    /// <code>
    /// services.AddStreamFlow("greeter", (topology, _) =>
    ///     topology.Stream&lt;string, string&gt;("names").MapValues(name => $"Hello, {name}!").To("greetings"));
    /// </code>
    /// </example>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Name of the application; its settings are in the section <c>StreamFlow:{name}</c>.</param>
    /// <param name="topology">Describes what it does; called once, when the host starts, with the host's services.</param>
    /// <param name="configure">Changes settings after the configuration was bound.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">An application of that name was added before.</exception>
    public static IServiceCollection AddStreamFlow(
        this IServiceCollection services,
        string name,
        Action<StreamFlow.StreamsBuilder, IServiceProvider> topology,
        Action<StreamFlowHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(topology);
        if (services.Any(s => s.ServiceType == typeof(Registration) && ((Registration)s.ImplementationInstance!).Name == name))
        {
            throw new ArgumentException($"A StreamFlow application '{name}' was added before; give each its own name.", nameof(name));
        }

        services.AddSingleton(new Registration(name));
        services.TryAddSingleton(TimeProvider.System);
        AddOptions(services, name, configure);
        services.AddKeyedSingleton(name, (provider, _) => Create(provider, name, topology));
        services.AddSingleton<IHostedService>(provider => new StreamFlowHostedService(
            provider.GetRequiredKeyedService<StreamFlow.StreamsApplication>(name),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<StreamFlowHostedService>>()));
        return services;
    }

    /// <summary>
    /// Adds one health check per application added so far: healthy while it runs, degraded while it starts, restores or
    /// stops, unhealthy when it failed; its data tells state, tasks and remaining restore.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <returns>The same health checks.</returns>
    public static IHealthChecksBuilder AddStreamFlow(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var names = builder.Services
            .Where(s => s.ServiceType == typeof(Registration))
            .Select(s => ((Registration)s.ImplementationInstance!).Name)
            .ToList();
        foreach (var name in names)
        {
            builder.Add(new Diagnostics.HealthChecks.HealthCheckRegistration(
                $"streamflow-{name}",
                provider => new StreamFlowHealthCheck(
                    provider.GetRequiredKeyedService<StreamFlow.StreamsApplication>(name)),
                failureStatus: null,
                tags: ["streamflow"]));
        }

        return builder;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<StreamFlowHostOptions>? configure)
    {
        var options = services.AddOptions<StreamFlowHostOptions>(name)
            .Configure<IServiceProvider>((o, provider) =>
            {
                o.Streams.ApplicationId = name;
                if (provider.GetService<IConfiguration>() is { } configuration)
                {
                    configuration.GetSection($"StreamFlow:{name}").Bind(o);
                }
            });
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IValidateOptions<StreamFlowHostOptions>>(new HostOptionsValidator(name));
        options.ValidateOnStart();
    }

    private static StreamFlow.StreamsApplication Create(
        IServiceProvider provider, string name, Action<StreamFlow.StreamsBuilder, IServiceProvider> topology)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>().Get(name);
        var builder = new StreamFlow.StreamsBuilder();
        topology(builder, provider);
        var logging = provider.GetRequiredService<ILoggerFactory>();
        var clients = provider.GetKeyedService<IKafkaClients>(name) ?? new KafkaClients(
            new KafkaClientOptions
            {
                BootstrapServers = options.BootstrapServers,
                Client = options.Client,
                Consumer = options.Consumer,
                Producer = options.Producer,
            },
            logging);
        return new StreamFlow.StreamsApplication(builder.Build(), options.Streams, clients, new StreamFlow.StreamsServices
        {
            Stores = options.Stores == StoreBackend.RocksDb ? new RocksDbBackendFactory() : null,
            Time = provider.GetRequiredService<TimeProvider>(),
            Logging = logging,
        });
    }

    /// <summary>Remembers the names given so far.</summary>
    private sealed record Registration(string Name);
}
