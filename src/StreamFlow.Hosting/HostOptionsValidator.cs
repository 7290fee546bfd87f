using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;

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
        if (options.ValueErrors.Count > 0)
        {
            // Binding ends at the first value it cannot read: what it left out must not be called missing.
            return [.. options.ValueErrors];
        }

        var errors = new List<string>();
        if (options.NameError is { } nameError)
        {
            errors.Add(nameError);
        }

        if (!services.IsKeyedService(typeof(IKafkaClients), name))
        {
            errors.AddRange(options.ClientOptions().Validate());
        }

        if (!Enum.IsDefined(options.StoreBackend))
        {
            var known = string.Join(" or ", Enum.GetNames<StoreBackend>());
            errors.Add($"StoreBackend is '{options.StoreBackend}'; set it to {known}.");
        }

        errors.AddRange(options.Streams.Validate().Select(e => "Streams." + e));
        return errors;
    }
}
