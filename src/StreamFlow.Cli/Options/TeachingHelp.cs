using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace StreamFlow.Cli.Options;

/// <summary>The help of System.CommandLine with examples behind it.</summary>
internal sealed class TeachingHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is ExampleCommand { Examples.Length: > 0 } command)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string example in command.Examples)
            {
                output.WriteLine(example.Length == 0 ? "" : $"  {example}");
            }

            output.WriteLine();
        }

        return result;
    }
}
