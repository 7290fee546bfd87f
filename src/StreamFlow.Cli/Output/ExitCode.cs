namespace StreamFlow.Cli.Output;

/// <summary>What the process ends with. Scripts rely on these: they are documented and do not change.</summary>
internal static class ExitCode
{
    /// <summary>All that was asked for was done.</summary>
    public const int Success = 0;

    /// <summary>A broker refused something, or what was asked for does not exist; also when only a part of it failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>No broker answers at the given address, or the connection was refused or lost.</summary>
    public const int Unreachable = 3;

    /// <summary>It was interrupted by SIGINT before it had done what was asked for.</summary>
    public const int Interrupted = 130;
}
