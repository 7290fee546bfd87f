using System.Diagnostics;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>The broker as a process of its own (tests/StreamFlow.Broker.Host), so that it can be killed.</summary>
public sealed class StandaloneBroker : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private StandaloneBroker(Process process, string readyLine)
    {
        _process = process;
        ReadyLine = readyLine;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public string ReadyLine { get; }

    public string BootstrapServers => ReadyLine.Split(' ', ',')[3];

    public int Port => int.Parse(BootstrapServers.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts the executable and returns when it has said that it is ready.</summary>
    public static Task<StandaloneBroker> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <summary>Starts it where no more than so many files may be open.</summary>
    public static async Task<StandaloneBroker> StartWithHandlesAsync(int handles, params string[] arguments)
    {
        ProcessStartInfo plain = Command(arguments);
        Process process = Process.Start(new ProcessStartInfo(
            "sh", ["-c", $"ulimit -n {handles}; exec \"$0\" \"$@\"", plain.FileName, .. plain.ArgumentList])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            Assert.Fail($"The broker did not start: {await process.StandardError.ReadToEndAsync()}");
        }

        return new StandaloneBroker(process, line);
    }

    /// <summary>Kills it, and what it has said on its standard error.</summary>
    public async Task<string> KillAndReadErrorsAsync()
    {
        await KillAsync();
        return await _errors;
    }

    /// <summary>As without a variable of the environment.</summary>
    public static async Task<StandaloneBroker> StartAsync((string Name, string Value)? variable, params string[] arguments)
    {
        Process process = Launch(variable, arguments);
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            Assert.Fail($"The broker did not start: {await process.StandardError.ReadToEndAsync()}");
        }

        return new StandaloneBroker(process, line);
    }

    /// <summary>Runs the executable to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) =>
        RunAsync(null, arguments);

    /// <summary>As without a variable of the environment.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        (string Name, string Value)? variable, params string[] arguments)
    {
        using Process process = Launch(variable, arguments);
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Ends the process the hard way: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for the process to have been killed from within.</summary>
    public async Task WaitForKilledAsync()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(deadline.Token);
        Assert.Equal(137, _process.ExitCode);
    }

    /// <summary>Asks the process to end and returns its exit code. It must have said nothing on its standard error.</summary>
    /// <param name="expected">What it may have said all the same, in any of its lines.</param>
    public async Task<int> TerminateAsync(string? expected = null)
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(deadline.Token);
        Assert.All(
            (await _errors).Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.True(expected is not null && line.Contains(expected, StringComparison.Ordinal), line));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static Process Launch((string Name, string Value)? variable, string[] arguments)
    {
        ProcessStartInfo start = Command(arguments);
        if (variable is var (name, value))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static ProcessStartInfo Command(string[] arguments) =>
        new(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            ["exec", Path.Combine(AppContext.BaseDirectory, "StreamFlow.Broker.Host.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["STREAMFLOW_BROKER_CHECK_LOCKS"] = "1" },
        };
}
