using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace StreamFlow.Hosting;

/// <summary>One health check per application, whenever it was added: the list is read at the first use.</summary>
internal sealed class StreamFlowHealthChecks(IEnumerable<ApplicationRegistration> applications)
    : IConfigureOptions<HealthCheckServiceOptions>
{
    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (var name in applications.Select(a => a.Name))
        {
            options.Registrations.Add(new HealthCheckRegistration(
                $"streamflow-{name}",
                provider => new StreamFlowHealthCheck(provider.GetRequiredKeyedService<StreamsApplication>(name)),
                failureStatus: null,
                tags: ["streamflow"]));
        }
    }
}
