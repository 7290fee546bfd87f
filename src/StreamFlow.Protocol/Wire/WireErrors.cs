using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Protocol;

/// <summary>Throws for the generated messages, so that none of their methods carries the text.</summary>
internal static class WireErrors
{
    public static void CheckVersion(string message, short version, short lowest, short highest)
    {
        if (version < lowest || version > highest)
        {
            throw new UnsupportedVersionException(
                $"{message} has no version {version}: it has versions {lowest} to {highest}.");
        }
    }

    [DoesNotReturn]
    public static void ThrowNotInVersion(string message, string field, string versions, short version) =>
        throw new UnsupportedVersionException(
            $"{field} of {message} is set, and version {version} has no place for it (versions {versions} have): leave it at its default, or send one of those.");
}
