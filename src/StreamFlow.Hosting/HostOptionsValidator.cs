using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;
using StreamFlow.Kafka;

namespace StreamFlow.Hosting;

/// <summary>Lists everything that is wrong with the settings of one application, at the start of the host.</summary>
/// <param name="name">Name of the application.</param>
/// <param name="services">Tells whether the application has clients of its own; it needs no address then.</param>
internal sealed class HostOptionsValidator(string name, IServiceProviderIsKeyedService services)
    : IValidateOptions<StreamFlowHostOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, StreamFlowHostOptions options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var errors = Errors(options);
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(e => $"StreamFlow application '{name}': {e}"));
    }

    private List<string> Errors(StreamFlowHostOptions options)
    {
        var errors = new List<string>();
        if (!services.IsKeyedService(typeof(IKafkaClients), name))
        {
            errors.AddRange(ClientErrors(options.ClientOptions()));
        }

        if (!Enum.IsDefined(options.StoreBackend))
        {
            var known = string.Join(" or ", Enum.GetNames<StoreBackend>());
            errors.Add($"StoreBackend is '{options.StoreBackend}'; set it to {known}.");
        }

        errors.AddRange(options.Streams.Validate().Select(e => "Streams." + e));

        // What could not be read has a default that nobody chose: it must not be called missing, or not fit for something else.
        return [.. options.Unreadable, .. errors.Where(e => !options.LeftOut.Any(name => e.Contains(name, StringComparison.Ordinal)))];
    }

    /// <summary>Whoever has given no address may not know where it is to be given.</summary>
    private IEnumerable<string> ClientErrors(KafkaClientOptions options) =>
        string.IsNullOrWhiteSpace(options.BootstrapServers)
            ? (options with { BootstrapServers = "none" }).Validate().Prepend(
                $"BootstrapServers is empty; give at least one broker as host:port, in the configuration as 'StreamFlow:{name}:BootstrapServers'.")
            : options.Validate();
}
