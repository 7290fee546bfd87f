using StreamFlow.Cli.Client;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Options;

/// <summary>From a command line to a cluster.</summary>
internal static class Connecting
{
    /// <summary>The cluster that a command is to talk to. Nothing is connected before something is asked.</summary>
    /// <exception cref="CommandException">The address or the properties file is wrong.</exception>
    public static Cluster Connect(this CommandContext context) => new(Settings(context), context.Time);

    /// <summary>The settings of the command line, the environment and the properties file, in this order.</summary>
    public static ClientSettings Settings(CommandContext context)
    {
        ClientSettings settings = new()
        {
            Servers = Servers(context),
            RetryFor = context.Get(CommonOptions.Timeout),
        };
        string? file = context.Get(CommonOptions.Config) ?? Variable(context, CommonOptions.ConfigVariable);
        settings = file is null ? settings : ClientProperties.Read(file, settings);
        return settings.Servers.Count > 0
            ? settings
            : settings with { Servers = ClientProperties.Servers(CommonOptions.DefaultServers, "the default of --bootstrap-server") };
    }

    private static List<HostPort> Servers(CommandContext context)
    {
        if (context.Get(CommonOptions.Servers) is { } given)
        {
            List<HostPort> servers = ClientProperties.Servers(given, "--bootstrap-server");
            return servers.Count > 0 ? servers : throw new CommandException("--bootstrap-server is empty; give host:port, such as localhost:9092.", ExitCode.Usage);
        }

        return Variable(context, CommonOptions.ServersVariable) is { } set ? ClientProperties.Servers(set, CommonOptions.ServersVariable) : [];
    }

    private static string? Variable(CommandContext context, string name) => context.Surroundings.Variable(name) is { Length: > 0 } value ? value : null;
}
