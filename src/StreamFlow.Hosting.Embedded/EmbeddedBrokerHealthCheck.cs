using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StreamFlow.Broker;

namespace StreamFlow.Hosting.Embedded;

/// <summary>Tells how well the broker of the host is, and what its disk fails it in.</summary>
internal sealed class EmbeddedBrokerHealthCheck(EmbeddedBroker broker) : IHealthCheck
{
    public const string Name = "streamflow-broker";

    /// <summary>The check of the broker among the services; it says what to do when there is none.</summary>
    public static EmbeddedBrokerHealthCheck Of(IServiceProvider services) => new(
        services.GetService<EmbeddedBroker>() ?? throw new InvalidOperationException(
            $"The health check '{Name}' was added, and there is no embedded broker among the services: call services.AddEmbeddedBroker(), or add "
            + "the check only where the broker is added."));

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(Evaluate(broker.State, context.Registration.FailureStatus));
    }

    internal static HealthCheckResult Evaluate(BrokerState state, HealthStatus failureStatus)
    {
        Dictionary<string, object> data = new()
        {
            ["condition"] = state.Condition.ToString(),
            ["groups"] = state.HasGroups,
            ["transactions"] = state.HasTransactions,
        };
        if (state.Partitions.Count > 0)
        {
            data["partitions"] = state.Partitions.Select(p => new TopicPartition(p.Topic, p.Partition).ToString()).ToList();
        }

        var status = state.Condition == BrokerCondition.Healthy ? HealthStatus.Healthy
            : state.NeedsHelp ? failureStatus
            : HealthStatus.Degraded;
        return new HealthCheckResult(status, $"embedded broker: {state.Summary}", data: data);
    }
}
