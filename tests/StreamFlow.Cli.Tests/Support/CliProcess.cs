using System.Diagnostics;

namespace StreamFlow.Cli.Tests.Support;

/// <summary>The tool as a process of its own, as users run it.</summary>
internal sealed class CliProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private CliProcess(Process process, string firstLine)
    {
        _process = process;
        FirstLine = firstLine;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The first line that it printed.</summary>
    public string FirstLine { get; }

    /// <summary>Of a broker.</summary>
    public string BootstrapServers => FirstLine.Split(' ', ',')[3];

    /// <summary>Starts it and returns when it has printed a line.</summary>
    public static Task<CliProcess> StartAsync(params string[] args) => StartAsync([], args);

    /// <summary>As without variables of the environment.</summary>
    public static async Task<CliProcess> StartAsync(Dictionary<string, string> variables, params string[] args)
    {
        Process process = Launch(variables, args);
        string? line = await process.StandardOutput.ReadLineAsync();
        return line is not null
            ? new CliProcess(process, line)
            : throw new InvalidOperationException($"It printed nothing: {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Asks the process to end by a signal.</summary>
    /// <returns>Its exit code and what it wrote about errors.</returns>
    public async Task<(int ExitCode, string Errors)> EndAsync(string signal)
    {
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(deadline.Token);
        return (_process.ExitCode, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static Process Launch(Dictionary<string, string> variables, string[] args)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "StreamFlow.Cli.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
