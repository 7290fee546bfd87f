using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.State;

namespace StreamFlow.Hosting;

/// <summary>Where a host has the settings of the stores on disk, which are the process' and not an application's.</summary>
internal sealed class RocksDbSettings
{
    public const string Name = "RocksDb";
    public const string Section = "StreamFlow:" + Name;

    /// <summary>The service, or else the section of the configuration, or else nothing.</summary>
    /// <exception cref="InvalidOperationException">There are both, or the section cannot be read.</exception>
    public static RocksDbOptions? Of(IServiceProvider provider) =>
        Read(provider, out var options) is { Count: > 0 } complaints
            ? throw new InvalidOperationException(string.Join(' ', complaints))
            : options;

    /// <summary>Everything that is wrong with them.</summary>
    public static IReadOnlyList<string> Complaints(IServiceProvider provider)
    {
        var complaints = Read(provider, out var options);
        return [.. complaints, .. options?.Validate().Select(e => $"{nameof(RocksDbOptions)}: {e}") ?? []];
    }

    private static IReadOnlyList<string> Read(IServiceProvider provider, out RocksDbOptions? options)
    {
        var section = provider.GetService<IConfiguration>()?.GetSection(Section);
        options = provider.GetService<RocksDbOptions>();
        if (section is null || !section.Exists())
        {
            return [];
        }

        if (options is not null)
        {
            return
            [
                $"{nameof(RocksDbOptions)} are given twice: as a service, and in the configuration section '{Section}'. "
                    + "Keep one of them.",
            ];
        }

        var reader = SettingsReader.Read(section, SettingsShape.Stores);
        options = reader.Readable.Get<RocksDbOptions>() ?? new RocksDbOptions();
        return reader.Complaints;
    }
}

/// <summary>Lists what is wrong with the settings of the stores beside what is wrong with those of the applications.</summary>
internal sealed class RocksDbSettingsValidator(IServiceProvider provider) : IValidateOptions<RocksDbSettings>
{
    public ValidateOptionsResult Validate(string? name, RocksDbSettings options) =>
        RocksDbSettings.Complaints(provider) is { Count: > 0 } complaints
            ? ValidateOptionsResult.Fail(complaints)
            : ValidateOptionsResult.Success;
}
