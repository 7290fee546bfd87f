using System.Reflection;

namespace StreamFlow.Cli.Output;

/// <summary>The version of the tool, which is that of the broker in it.</summary>
internal static class ToolVersion
{
    public static string Text { get; } =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
