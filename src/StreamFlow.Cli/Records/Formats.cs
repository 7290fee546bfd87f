using System.CommandLine;
using StreamFlow.Cli.Options;

namespace StreamFlow.Cli.Records;

/// <summary>Options that say what bytes are.</summary>
internal static class Formats
{
    public static Option<ValueFormat> Option(string name, string description) => new DefaultedOption<ValueFormat>(name, new ValueFormat("string"))
    {
        Description = $"{description}: {ValueFormat.Names} (default: string)",
        HelpName = "format",
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
