using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Serving;

namespace StreamFlow.Cli;

/// <summary>All commands, and what is done with a command line.</summary>
internal static class CommandLine
{
    /// <summary>The version of the tool, which is that of the broker in it.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs a command to its end. Says what is wrong itself and throws nothing that a user could have caused.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, Surroundings surroundings, CancellationToken cancelled)
    {
        ParseResult parsed = Build(surroundings).Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not TeachingHelp)
        {
            await surroundings.Terminal.Error.WriteLineAsync($"error: {Mistake.Describe(parsed)}").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        int code = await InvokeAsync(parsed, surroundings, cancelled).ConfigureAwait(false);
        await surroundings.Terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        return code;
    }

    /// <summary>The tree of all commands.</summary>
    public static Command Build(Surroundings surroundings)
    {
        Command root = CommandParts.Group(
            "streamflow",
            "A Kafka-compatible broker, and the command line for it and for Apache Kafka.",
            [
                "streamflow broker --data ./data                  a broker at localhost:9092, data kept in ./data",
            ],
            BrokerCommand.Create(surroundings),
            HelpCommand.Create(surroundings));
        HelpOption help = new();
        help.Action = new TeachingHelp((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(VersionSwitch(surroundings));
        root.SetAction(parsed => help.Action is TeachingHelp teaching ? teaching.Invoke(parsed) : ExitCode.Usage);
        return root;
    }

    private static Option<bool> VersionSwitch(Surroundings surroundings) => new("--version")
    {
        Description = "Show the version",
        Action = new VersionAction(surroundings.Terminal, Version),
    };

    private static async Task<int> InvokeAsync(ParseResult parsed, Surroundings surroundings, CancellationToken cancelled)
    {
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = surroundings.Terminal.Out,
                    Error = surroundings.Terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    // Signals come with the token: what runs ends in its own time.
                    ProcessTerminationTimeout = null,
                },
                cancelled).ConfigureAwait(false);
        }
        catch (CommandException exception)
        {
            await surroundings.Terminal.Error.WriteLineAsync($"error: {TableText.Escape(exception.Message)}").ConfigureAwait(false);
            return exception.Code;
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }
}
