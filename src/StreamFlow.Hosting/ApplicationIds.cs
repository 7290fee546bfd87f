using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace StreamFlow.Hosting;

/// <summary>
/// Applications of one host have an application id each: two that share one would share a group, so that each takes half of
/// the other's partitions, and a state folder.
/// </summary>
internal static class ApplicationIds
{
    /// <exception cref="OptionsValidationException">Another application has the same.</exception>
    public static void ThrowIfShared(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>();
        var id = options.Get(name).Streams.ApplicationId;
        var others = services.GetServices<ApplicationRegistration>()
            .Select(r => r.Name)
            .Where(other => other != name && options.Get(other).Streams.ApplicationId == id)
            .Select(other => $"'{other}'")
            .ToList();
        if (others.Count > 0)
        {
            throw new OptionsValidationException(
                name,
                typeof(StreamFlowHostOptions),
                [$"StreamFlow application '{name}': Streams.ApplicationId is '{id}', which {string.Join(" and ", others)} of this "
                    + "host has too. Both would share one group and one state folder: give each its own, or leave it to be its name."]);
        }
    }
}
