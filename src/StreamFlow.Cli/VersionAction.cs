using System.CommandLine;
using System.CommandLine.Invocation;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli;

/// <summary>Prints the version and nothing else.</summary>
internal sealed class VersionAction(Terminal terminal, string version) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        terminal.Out.WriteLine(version);
        return ExitCode.Success;
    }
}
