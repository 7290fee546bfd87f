namespace StreamFlow.Cli.Output;

/// <summary>Ends a command with a message for whoever typed it and an exit code. The message names the thing, the value and the remedy.</summary>
internal sealed class CommandException(string message, int exitCode = ExitCode.Failed, Exception? cause = null) : Exception(message, cause)
{
    public int Code { get; } = exitCode;
}
