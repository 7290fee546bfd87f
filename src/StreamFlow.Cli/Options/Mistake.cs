using System.CommandLine;
using System.CommandLine.Parsing;

namespace StreamFlow.Cli.Options;

/// <summary>What is wrong with a command line, in one sentence that names the option, its value and the remedy.</summary>
internal static class Mistake
{
    public static string Describe(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string path = PathOf(parsed.CommandResult);
        if (parsed.UnmatchedTokens.Count > 0)
        {
            return Unknown(command, path, parsed.UnmatchedTokens[0]);
        }

        ParseError error = parsed.Errors[0];
        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            return $"'{path}' needs one of its commands: {string.Join(", ", command.Subcommands.Select(static c => c.Name))}; see '{path} --help'.";
        }

        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0 } option when option.Option.Arity.MinimumNumberOfValues > 0 && !option.Implicit =>
                $"{option.Option.Name} has no value; give {Form(option.Option)}; see '{path} --help'.",
            OptionResult { Tokens.Count: > 1 } option when option.Option.Arity.MaximumNumberOfValues == 1 =>
                $"{option.Option.Name} is given more than once; give it once.",
            ArgumentResult { Tokens.Count: 0, Argument: var argument } when error.Message.Contains("Required", StringComparison.Ordinal) =>
                $"'{path}' needs <{argument.HelpName ?? argument.Name}>; see '{path} --help'.",
            _ when command.Options.FirstOrDefault(o => o.Required && parsed.GetResult(o) is null) is { } missing =>
                $"{missing.Name} is missing; give {Form(missing)}; see '{path} --help'.",
            _ => error.Message,
        };
    }

    /// <summary>The command as it is typed.</summary>
    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}"
        : result.Command.Name;

    private static string Form(Option option) => $"{option.Name} <{option.HelpName ?? option.Name.TrimStart('-')}>";

    private static string Unknown(Command command, string path, string token)
    {
        bool isOption = token.StartsWith('-');
        IEnumerable<string> known = isOption
            ? command.Options.Select(static o => o.Name)
            : command.Subcommands.Select(static c => c.Name);
        string? near = known.Select(name => (Name: name, Distance: Distance(name, token)))
            .Where(c => c.Distance <= Math.Max(1, c.Name.Length / 3)).OrderBy(static c => c.Distance).Select(static c => c.Name).FirstOrDefault();
        string meant = near is null ? "" : $" Did you mean {near}?";
        string what = isOption ? $"has no option {token}" : command.Subcommands.Count > 0 ? $"has no command '{token}'" : $"takes no '{token}'";
        return $"'{path}' {what}.{meant} See '{path} --help'.";
    }

    /// <summary>How many letters differ (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
