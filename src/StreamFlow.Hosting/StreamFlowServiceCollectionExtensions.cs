using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;
using StreamFlow.Hosting;
using StreamFlow.Kafka;
using StreamFlow.Runtime;
using StreamFlow.State;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds StreamFlow applications to a host.</summary>
public static class StreamFlowServiceCollectionExtensions
{
    /// <summary>
    /// Adds one application: it starts with the host, stops with it (SIGTERM drains: what is processed is committed),
    /// and is there as a keyed <see cref="StreamFlow.StreamsApplication"/>. Call it once per application; several share
    /// a host.
    /// </summary>
    /// <remarks>
    /// The host checks the settings of all applications, then builds all topologies, then starts them. An application
    /// that fails stops the host, with exit code 1, unless <see cref="HostOptions.BackgroundServiceExceptionBehavior"/>
    /// is <see cref="BackgroundServiceExceptionBehavior.Ignore"/>. An <see cref="IKafkaClients"/> with the
    /// application's name as key takes the place of clients of the configured brokers. The section <c>StreamFlow:RocksDb</c>,
    /// or <see cref="RocksDbOptions"/> as a service, tune the stores on disk, which share memory across applications.
    /// </remarks>
    /// <example>
    /// <code>
    /// services.AddStreamFlow("greeter", (topology, _) =>
    ///     topology.Stream&lt;string, string&gt;("names").MapValues(name => $"Hello, {name}!").To("greetings"));
    /// </code>
    /// </example>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Name of the application; its settings are in the section <c>StreamFlow:{name}</c>.</param>
    /// <param name="topology">What it does; called once, when the host starts, with the host's services. It cannot have
    /// scoped ones, which end with a piece of work: make a scope in the operator that needs one.</param>
    /// <param name="configure">Changes settings after the configuration was bound.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">
    /// An application of that name was added before, the name is RocksDb, or the topology is described by an async function.
    /// </exception>
    public static IServiceCollection AddStreamFlow(
        this IServiceCollection services,
        string name,
        Action<StreamFlow.StreamsBuilder, IServiceProvider> topology,
        Action<StreamFlowHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(topology);
        ThrowIfRefused(services, name, topology);
        services.AddSingleton(new ApplicationRegistration(name));
        services.TryAddSingleton(provider => new HostedApplications(provider.GetServices<ApplicationRegistration>()));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new RocksDbBackendFactory(RocksDbSettings.Of(provider)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RocksDbSettings>, RocksDbSettingsValidator>());
        services.AddOptions<RocksDbSettings>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ApplicationSections>, ApplicationSectionsValidator>());
        services.AddOptions<ApplicationSections>().ValidateOnStart();
        AddOptions(services, name, configure);
        services.AddKeyedSingleton(name, (provider, _) => Create(provider, name, builder => topology(builder, new TopologyServices(provider, services, name))));
        services.AddSingleton<IHostedService>(provider => new StreamFlowHostedService(
            name,
            provider,
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<IOptions<HostOptions>>(),
            provider.GetRequiredService<ILogger<StreamFlowHostedService>>()));
        return services;
    }

    /// <summary>
    /// Adds one health check <c>streamflow-{name}</c> per application, whether it is added before or after: healthy
    /// while it runs, degraded while it starts, restores, rebalances or stops, while threads fail in a row or one does not come
    /// forward, unhealthy when it failed, was stopped, or its group no longer waits for a thread. The data tells phase, state,
    /// threads, tasks, the last record, what a thread stands still at and what is left to restore. The tag is <c>streamflow</c>.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <returns>The same health checks.</returns>
    public static IHealthChecksBuilder AddStreamFlow(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<HealthCheckServiceOptions>, StreamFlowHealthChecks>());
        return builder;
    }

    /// <summary>
    /// Adds two health checks per application that answer yes or no, for the probes of an orchestrator: <c>streamflow-{name}-live</c>
    /// with the tag <c>live</c>, unhealthy when a new process would help, and <c>streamflow-{name}-ready</c> with the tag
    /// <c>ready</c>, healthy while all tasks run.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <returns>The same health checks.</returns>
    public static IHealthChecksBuilder AddStreamFlowProbes(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<HealthCheckServiceOptions>, StreamFlowProbes>());
        return builder;
    }

    private static void ThrowIfRefused(
        IServiceCollection services, string name, Action<StreamFlow.StreamsBuilder, IServiceProvider> topology)
    {
        if (topology.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
        {
            throw new ArgumentException(
                $"The function that describes the topology of '{name}' is async: it would return before it has described anything. "
                + "Do the waiting before AddStreamFlow, or in the operators by a client that blocks, and describe without await.",
                nameof(topology));
        }

        var added = services.Where(s => s.ServiceType == typeof(ApplicationRegistration))
            .Select(s => ((ApplicationRegistration)s.ImplementationInstance!).Name)
            .FirstOrDefault(other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase));
        if (added is not null)
        {
            var why = added == name ? string.Empty : $", which in the configuration is the same as '{name}'";
            throw new ArgumentException(
                $"A StreamFlow application '{added}' was added before{why}; give each its own name.", nameof(name));
        }

        if (string.Equals(name, RocksDbSettings.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"'{name}' is no name for an application: the section {RocksDbSettings.Section} has the settings of all " +
                "stores on disk. Choose another.", nameof(name));
        }
    }

    private static void AddOptions(IServiceCollection services, string name, Action<StreamFlowHostOptions>? configure)
    {
        var options = services.AddOptions<StreamFlowHostOptions>(name)
            .Configure<IServiceProvider>((o, provider) =>
            {
                o.Streams.ApplicationId = name;
                if (provider.GetService<IConfiguration>() is { } configuration)
                {
                    Bind(configuration.GetSection($"StreamFlow:{name}"), o);
                }
            });
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IValidateOptions<StreamFlowHostOptions>>(provider =>
            new HostOptionsValidator(name, provider.GetRequiredService<IServiceProviderIsKeyedService>()));
        options.ValidateOnStart();
    }

    private static void Bind(IConfigurationSection section, StreamFlowHostOptions options)
    {
        var reader = SettingsReader.Read(section, SettingsShape.Application);
        reader.Readable.Bind(options);
        (options.Unreadable, options.LeftOut) = (reader.Complaints, reader.LeftOut);
    }

    private static StreamFlow.StreamsApplication Create(
        IServiceProvider provider, string name, Action<StreamFlow.StreamsBuilder> describe)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>().Get(name);
        var builder = new StreamFlow.StreamsBuilder();
        describe(builder);
        var built = builder.Build();
        var logging = provider.GetRequiredService<ILoggerFactory>();
        var clients = provider.GetKeyedService<IKafkaClients>(name)
            ?? new KafkaClients(options.ClientOptions(), logging);
        var onDisk = options.StoreBackend == StoreBackend.RocksDb && built.HasPersistentStores;
        if (onDisk)
        {
            StateLocation.WarnIfTemporary(
                provider.GetService<IHostEnvironment>(), name, options.Streams.StateDirectory,
                new GuardedLogger(logging.CreateLogger(typeof(StreamFlowHostedService).FullName!), project: 3, static () => { }));
        }

        var application = new StreamFlow.StreamsApplication(built, options.Streams, clients, new StreamFlow.StreamsServices
        {
            StoreBackend = onDisk ? provider.GetRequiredService<RocksDbBackendFactory>() : null,
            Time = provider.GetRequiredService<TimeProvider>(),
            Logging = logging,
        });
        provider.GetRequiredService<HostedApplications>().Add(new HostedApplication(name, application, clients, options));
        return application;
    }
}
