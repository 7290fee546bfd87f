using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Hosting;

/// <summary>State in the temporary folder is handy in development; in production it is gone after a restart of the machine.</summary>
internal static partial class StateLocation
{
    /// <summary>Warns when an application in production keeps its state where anybody may clear it.</summary>
    /// <param name="environment">The host's environment; null when it has none.</param>
    /// <param name="name">Name of the application.</param>
    /// <param name="directory">Its state directory.</param>
    /// <param name="logger">Gets the warning.</param>
    public static void WarnIfTemporary(IHostEnvironment? environment, string name, string directory, ILogger logger)
    {
        if (environment?.IsProduction() == true && IsBelow(Path.GetFullPath(directory), Path.GetFullPath(Path.GetTempPath())))
        {
            Temporary(logger, name, Path.GetFullPath(directory));
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    [LoggerMessage(336, LogLevel.Warning,
        "StreamFlow application '{Name}' keeps its state in the temporary folder, {Directory}, in production. What is cleared there is "
        + "restored from the changelogs, which may take long. Set Streams:StateDirectory to a folder that lasts")]
    private static partial void Temporary(ILogger logger, string name, string directory);
}
