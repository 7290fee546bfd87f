using System.CommandLine;

namespace StreamFlow.Cli.Records;

/// <summary>Options that say what bytes are.</summary>
internal static class Formats
{
    public static Option<ValueFormat> Option(string name, string description) => new(name)
    {
        Description = $"{description}: {ValueFormat.Names} (default: string)",
        HelpName = "format",
        DefaultValueFactory = static _ => new ValueFormat("string"),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (ValueFormat.TryParse(text, out ValueFormat format))
            {
                return format;
            }

            result.AddError($"{name} is '{text}'; give {ValueFormat.Names}.");
            return null;
        },
    };
}
