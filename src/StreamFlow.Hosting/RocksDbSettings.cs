using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.State;

namespace StreamFlow.Hosting;

/// <summary>Where a host has the settings of the stores on disk, which are the process' and not an application's.</summary>
internal static class RocksDbSettings
{
    public const string Name = "RocksDb";
    public const string Section = "StreamFlow:" + Name;

    /// <summary>The service, or else the section of the configuration, or else nothing.</summary>
    /// <exception cref="InvalidOperationException">There are both, or the section cannot be read.</exception>
    public static RocksDbOptions? Of(IServiceProvider provider)
    {
        var section = provider.GetService<IConfiguration>()?.GetSection(Section);
        var service = provider.GetService<RocksDbOptions>();
        if (section is null || !section.Exists())
        {
            return service;
        }

        if (service is not null)
        {
            throw new InvalidOperationException(
                $"{nameof(RocksDbOptions)} are given twice: as a service, and in the configuration section '{Section}'. " +
                "Keep one of them.");
        }

        try
        {
            return section.Get<RocksDbOptions>(binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The configuration section '{Section}' cannot be read: {exception.Message}", exception);
        }
    }
}
