using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace StreamFlow.Dashboard;

/// <summary>Finds out where a setting comes from: the last provider of the configuration that has it.</summary>
/// <param name="configuration">The host's configuration; null where it has none.</param>
internal sealed class SettingSource(IConfiguration? configuration)
{
    public const string Code = "code";
    public const string Default = "default";

    /// <summary>The text that the configuration has, and where; null where it has none.</summary>
    public (string Text, string Source)? Find(string path)
    {
        if (configuration is not IConfigurationRoot root)
        {
            return null;
        }

        foreach (var provider in root.Providers.Reverse())
        {
            if (provider.TryGet(path, out var text) && text is not null)
            {
                return (text, provider switch
                {
                    CommandLineConfigurationProvider => "command line",
                    EnvironmentVariablesConfigurationProvider => "environment",
                    FileConfigurationProvider => "file",
                    _ => Code,
                });
            }
        }

        return null;
    }
}
