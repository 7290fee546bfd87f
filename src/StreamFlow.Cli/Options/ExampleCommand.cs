using System.CommandLine;

namespace StreamFlow.Cli.Options;

/// <summary>A command with lines that show how it is used.</summary>
internal sealed class ExampleCommand(string name, string description, string[] examples) : Command(name, description)
{
    public string[] Examples { get; } = examples;
}
