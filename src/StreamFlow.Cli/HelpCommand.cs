using System.CommandLine;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli;

/// <summary>The help of a command by its name, or of all of them.</summary>
internal static class HelpCommand
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string[]> names = new("command") { Description = "The command, e.g. topics create", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> all = new("--all") { Description = "The help of every command, one after the other" };
        return CommandParts.Leaf(
            "help", "Explain a command", ["streamflow help groups reset", "streamflow help --all | less"], [names, all], surroundings,
            context => Task.FromResult(Explain(context, context.Get(names), context.Get(all))));
    }

    private static int Explain(CommandContext context, string[] names, bool isAll)
    {
        Command root = context.Parsed.RootCommandResult.Command;
        IEnumerable<string[]> paths = isAll ? Paths(root, []) : [names];
        foreach (string[] path in paths)
        {
            if (isAll && path.Length > 0)
            {
                string line = $"streamflow {string.Join(' ', path)}";
                context.Terminal.Out.WriteLine($"{line}\n{new string('=', line.Length)}\n");
            }

            // Parsed with --help an unknown name says what is wrong with it, as everywhere.
            ParseResult parsed = root.Parse([.. path, "--help"]);
            if (parsed.UnmatchedTokens.Count > 0)
            {
                throw new CommandException(Mistake.Describe(parsed), ExitCode.Usage);
            }

            parsed.Invoke(context.Parsed.InvocationConfiguration);
        }

        return ExitCode.Success;
    }

    private static IEnumerable<string[]> Paths(Command command, string[] path) =>
        command.Subcommands.SelectMany(sub => Paths(sub, [.. path, sub.Name])).Prepend(path);
}
