using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StreamFlow.Broker;
using StreamFlow.Hosting;
using StreamFlow.Hosting.Embedded;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds an embedded broker to a host.</summary>
public static class EmbeddedBrokerServiceCollectionExtensions
{
    /// <summary>
    /// Adds a Kafka-compatible broker to the host: it is up before the first StreamFlow application needs it and stops after
    /// the last one, wherever in the program it is added. Every application whose settings name no
    /// <see cref="StreamFlowHostOptions.BootstrapServers"/> works on it; one that names some keeps them, and a warning says so.
    /// Others get the address from the service <see cref="EmbeddedBroker"/>.
    /// </summary>
    /// <remarks>
    /// It is meant for development. It replicates nothing, and without an <see cref="EmbeddedBrokerOptions.DataDirectory"/> its
    /// topics are gone when the host stops, which a warning says in the environment Production. Its messages go to the host's
    /// log unless <see cref="EmbeddedBrokerOptions.LoggerFactory"/> takes them.
    /// </remarks>
    /// <example>
    /// <code>
    /// if (builder.Environment.IsDevelopment())
    /// {
    ///     builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders", Partitions: 4)] });
    /// }
    /// </code>
    /// </example>
    /// <param name="services">The host's services.</param>
    /// <param name="options">
    /// Topics, port, data directory and the rest; null for no topics, a free port and a temporary directory.
    /// </param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidOperationException">A broker was added before.</exception>
    public static IServiceCollection AddEmbeddedBroker(this IServiceCollection services, EmbeddedBrokerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ServiceType == typeof(EmbeddedBroker)))
        {
            throw new InvalidOperationException(
                "An embedded broker was added to this host before; one serves all of its applications. Keep one call of "
                + "AddEmbeddedBroker, with all topics.");
        }

        options ??= new EmbeddedBrokerOptions();
        services.AddSingleton(provider => BrokerStart.Start(provider, options));
        services.AddSingleton<IBrokerInsight, EmbeddedBrokerInsight>();
        services.AddSingleton<IPostConfigureOptions<StreamFlowHostOptions>, BrokerForApplications>();

        // Hosts start their services in the order they were added, and stop them in the opposite one.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, BrokerService>());
        return services;
    }

    /// <summary>
    /// Adds the health check <c>streamflow-broker</c> of the host's embedded broker: healthy while it does all it should; degraded while its
    /// disk takes no writes or a coordinator is away, which ends by itself; unhealthy when it was stopped, or records on the disk are missing or
    /// wrong. The description says what is wrong and since when, the data name the partitions. The tag is <c>streamflow</c>.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <returns>The same health checks.</returns>
    /// <exception cref="InvalidOperationException">At the first check: there is no broker among the services.</exception>
    public static IHealthChecksBuilder AddEmbeddedBroker(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            EmbeddedBrokerHealthCheck.Name, EmbeddedBrokerHealthCheck.Of, failureStatus: null, tags: ["streamflow"]));
    }
}
