using Microsoft.Extensions.Options;

namespace StreamFlow.Hosting;

/// <summary>Lists everything that is wrong with the settings of one application, at the start of the host.</summary>
internal sealed class HostOptionsValidator(string name) : IValidateOptions<StreamFlowHostOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, StreamFlowHostOptions options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var errors = new List<string>();
        if (string.IsNullOrWhiteSpace(options.BootstrapServers))
        {
            errors.Add($"{nameof(options.BootstrapServers)} is empty; set it to host:port[,host:port...].");
        }

        errors.AddRange(options.Streams.Validate());
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(e => $"StreamFlow application '{name}': {e}"));
    }
}
