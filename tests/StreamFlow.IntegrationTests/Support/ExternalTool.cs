using System.ComponentModel;
using System.Diagnostics;
using StreamFlow.TestSupport;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>Programs that nobody here wrote.</summary>
internal static class ExternalTool
{
    /// <summary>Runs a program to its end, with standard output and errors together.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string file, IEnumerable<string> arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(Until.Deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end within {Until.Deadline}.");
        }
    }

    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Require(string file, string probe)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, [probe])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.WaitForExit();
        }
        catch (Win32Exception)
        {
            Skip.If(true, $"{file} is not installed");
        }
    }

    /// <summary>The script of the Apache Kafka distribution; skips the test where there is none.</summary>
    public static string RequireKafka()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        return ApacheKafkaBroker.Script();
    }
}
