using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StreamFlow.Broker;

namespace StreamFlow.Hosting.Embedded;

/// <summary>Tells what the disk fails the broker in.</summary>
internal sealed class EmbeddedBrokerHealthCheck(EmbeddedBroker broker) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(Evaluate(broker.State, context.Registration.FailureStatus));
    }

    internal static HealthCheckResult Evaluate(BrokerState state, HealthStatus failureStatus)
    {
        if (state.Condition == BrokerCondition.Healthy)
        {
            return HealthCheckResult.Healthy("The broker does all it should.");
        }

        if (state.Condition == BrokerCondition.Stopped)
        {
            return new HealthCheckResult(failureStatus, "The broker was stopped.");
        }

        var text = string.Join(". ", Problems(state));
        var data = new Dictionary<string, object>
        {
            ["partitions"] = state.Partitions.Select(Name).ToList(),
            ["groups"] = state.HasGroups,
            ["transactions"] = state.HasTransactions,
        };
        return state.Partitions.All(partition => partition.IsReadable)
            ? HealthCheckResult.Degraded(text, data: data)
            : new HealthCheckResult(failureStatus, text, data: data);
    }

    private static IEnumerable<string> Problems(BrokerState state)
    {
        foreach (var reason in state.Partitions.GroupBy(p => (p.Reason, p.IsReadable)))
        {
            var what = reason.Key.IsReadable ? "take no writes" : "are not served";
            yield return $"{string.Join(", ", reason.Select(Name))} {what}: {reason.Key.Reason.TrimEnd('.')}";
        }

        if (!state.HasGroups)
        {
            yield return "Groups are not served";
        }

        if (!state.HasTransactions)
        {
            yield return "Transactions are not served";
        }
    }

    private static string Name(BrokerPartitionTrouble partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}-{partition.Partition}");
}
