using System.CommandLine;

namespace StreamFlow.Cli.Options;

/// <summary>Options that every command that talks to a broker has.</summary>
internal static class CommonOptions
{
    public const string ServersVariable = "STREAMFLOW_BOOTSTRAP_SERVER";

    public const string ConfigVariable = "STREAMFLOW_COMMAND_CONFIG";

    public const string DefaultServers = "localhost:9092";

    public static Option<string?> Servers { get; } = new("--bootstrap-server", "-b")
    {
        Description = $"Brokers to ask first, host:port[,...] (default: ${ServersVariable}, else {DefaultServers})",
        HelpName = "servers",
        Recursive = true,
    };

    public static Option<string?> Config { get; } = new("--command-config")
    {
        Description = $"Properties file of Kafka's clients: security.protocol, sasl.mechanism and the like (default: ${ConfigVariable})",
        HelpName = "file",
        Recursive = true,
    };

    public static Option<TimeSpan> Timeout { get; } = Values.Duration(
        "--timeout", TimeSpan.FromSeconds(15), "How long to try again when no broker answers or one is not ready", isRecursive: true);

    public static Option<bool> Json { get; } = new("--json") { Description = "The result as JSON, for programs", Recursive = true };
}
