using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Options;

/// <summary>The process a command runs in, as far as it matters to commands.</summary>
/// <param name="Terminal">Where it reads and writes.</param>
/// <param name="Time">The clock.</param>
/// <param name="Variable">A variable of the environment, or null.</param>
internal sealed record Surroundings(Terminal Terminal, TimeProvider Time, Func<string, string?> Variable);
