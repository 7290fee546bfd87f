using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using StreamFlow.Cli.Access;
using StreamFlow.Cli.Brokers;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Groups;
using StreamFlow.Cli.Measuring;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Records;
using StreamFlow.Cli.Serving;
using StreamFlow.Cli.Settings;
using StreamFlow.Cli.Topics;
using StreamFlow.Cli.Transactions;
using StreamFlow.Protocol;

namespace StreamFlow.Cli;

/// <summary>All commands, and what is done with a command line.</summary>
internal static class CommandLine
{
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
                "streamflow broker --data ./data                             a broker at localhost:9092, data kept in ./data",
                "streamflow topics create orders --partitions 4",
                "echo 'o1:hello' | streamflow produce orders -K :",
                "streamflow consume orders --from-beginning --until-end --keys",
                "streamflow groups describe order-counts                     offsets and lag",
                "",
                "Exit codes: 0 done, 1 refused or not there, 2 not understood, 3 nobody answers, 130 interrupted.",
            ],
            BrokerCommand.Create(surroundings),
            TopicsCommand.Create(surroundings),
            ProduceCommand.Create(surroundings),
            ConsumeCommand.Create(surroundings),
            GroupsCommand.Create(surroundings),
            TxnsCommand.Create(surroundings),
            AclsCommand.Create(surroundings),
            UsersCommand.Create(surroundings),
            ConfigsCommand.Create(surroundings),
            ClusterCommand.Create(surroundings),
            BenchCommand.Create(surroundings),
            HelpCommand.Create(surroundings));
        HelpOption help = new();
        help.Action = new TeachingHelp((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(VersionSwitch(surroundings));
        root.SetAction(parsed => help.Action is TeachingHelp teaching ? teaching.Invoke(parsed) : ExitCode.Usage);
        return root;
    }

    /// <summary>What a failure that is not this program's own ends with; success for one that is.</summary>
    private static int CodeOf(Exception exception) => exception switch
    {
        CommandException known => known.Code,
        KafkaException or UnsupportedVersionException or ProtocolException => ExitCode.Failed,
        UnreachableException => ExitCode.Unreachable,
        _ => ExitCode.Success,
    };

    private static Option<bool> VersionSwitch(Surroundings surroundings) => new("--version")
    {
        Description = "Show the version",
        Action = new VersionAction(surroundings.Terminal, ToolVersion.Text),
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
        catch (Exception exception) when (CodeOf(exception) is var code and not ExitCode.Success)
        {
            await surroundings.Terminal.Error.WriteLineAsync($"error: {TableText.Escape(exception.Message)}").ConfigureAwait(false);
            return code;
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }
}
