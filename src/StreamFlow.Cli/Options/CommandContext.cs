using System.CommandLine;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Options;

/// <summary>What a command is run with: its values, and where it reads and writes.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Surroundings">The process it runs in, or what a test has in its place.</param>
/// <param name="Cancelled">Set when the process is asked to end.</param>
internal sealed record CommandContext(ParseResult Parsed, Surroundings Surroundings, CancellationToken Cancelled)
{
    public Terminal Terminal => Surroundings.Terminal;

    public TimeProvider Time => Surroundings.Time;

    /// <summary>Whether JSON was asked for.</summary>
    public bool IsJson => Parsed.GetValue(CommonOptions.Json);

    /// <summary>What was given for the option, or else its default.</summary>
    public T? Get<T>(Option<T> option) => option is DefaultedOption<T> defaulted && !Has(option) ? defaulted.Default : Parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>Whether the option stands on the command line, rather than having its default.</summary>
    public bool Has(Option option) => Parsed.GetResult(option) is { Implicit: false };

    /// <summary>Shows a result, as a table or, with <c>--json</c>, as an array of objects.</summary>
    public void Show(Table table)
    {
        if (IsJson)
        {
            TableJson.Write(table, Terminal);
        }
        else
        {
            TableText.Write(table, Terminal);
        }
    }

    /// <summary>Says something about what happens. It is no result, so it goes where errors go.</summary>
    public void Say(string line) => Terminal.Error.WriteLine(TableText.Escape(line));
}
