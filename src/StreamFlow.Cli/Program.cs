using System.Runtime.InteropServices;
using StreamFlow.Cli;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

// Console is banned in libraries; this is the executable's entry point.
#pragma warning disable RS0030

using CancellationTokenSource ending = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using Terminal terminal = new(
    Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error, Console.IsOutputRedirected ? null : Math.Max(40, Console.WindowWidth));
try
{
    return await CommandLine.RunAsync(
        args, new Surroundings(terminal, TimeProvider.System, Environment.GetEnvironmentVariable), ending.Token).ConfigureAwait(false);
}
catch (IOException exception) when (exception.Message.Contains("Broken pipe", StringComparison.Ordinal))
{
    // Whoever read the output has seen enough, as 'head' does.
    return ExitCode.Success;
}

// The first signal ends what runs in order; the second one ends the process, should that take too long.
void End(PosixSignalContext context)
{
    context.Cancel = !ending.IsCancellationRequested;
    ending.Cancel();
}
