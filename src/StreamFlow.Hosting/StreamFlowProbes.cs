using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace StreamFlow.Hosting;

/// <summary>Two probes per application, whenever it was added.</summary>
internal sealed class StreamFlowProbes(IEnumerable<ApplicationRegistration> applications) : IConfigureOptions<HealthCheckServiceOptions>
{
    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (var name in applications.Select(a => a.Name))
        {
            options.Registrations.Add(Probe(name, "live", asksForReadiness: false));
            options.Registrations.Add(Probe(name, "ready", asksForReadiness: true));
        }
    }

    private static HealthCheckRegistration Probe(string name, string tag, bool asksForReadiness) => new(
        $"streamflow-{name}-{tag}",
        provider => new StreamFlowProbe(provider.GetRequiredKeyedService<StreamsApplication>(name), asksForReadiness),
        failureStatus: null,
        tags: [tag]);
}
