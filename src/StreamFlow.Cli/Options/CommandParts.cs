using System.CommandLine;

namespace StreamFlow.Cli.Options;

/// <summary>Puts commands together, each with examples that its help shows.</summary>
internal static class CommandParts
{
    /// <summary>A command that does something.</summary>
    public static Command Leaf(
        string name, string description, string[] examples, IEnumerable<Symbol> symbols, Surroundings surroundings,
        Func<CommandContext, Task<int>> run)
    {
        ExampleCommand command = new(name, description, examples);
        foreach (Symbol symbol in symbols)
        {
            Add(command, symbol);
        }

        command.SetAction((parsed, cancelled) => run(new CommandContext(parsed, surroundings, cancelled)));
        return command;
    }

    /// <summary>A command that only has others.</summary>
    public static Command Group(string name, string description, string[] examples, params Command[] commands)
    {
        ExampleCommand command = new(name, description, examples);
        foreach (Command each in commands)
        {
            command.Subcommands.Add(each);
        }

        return command;
    }

    /// <summary>A group whose commands talk to brokers.</summary>
    public static Command WithBroker(Command command)
    {
        command.Options.Add(CommonOptions.Servers);
        command.Options.Add(CommonOptions.Config);
        command.Options.Add(CommonOptions.Timeout);
        command.Options.Add(CommonOptions.Json);
        return command;
    }

    private static void Add(Command command, Symbol symbol)
    {
        if (symbol is Option option)
        {
            command.Options.Add(option);
        }
        else
        {
            command.Arguments.Add((Argument)symbol);
        }
    }
}
