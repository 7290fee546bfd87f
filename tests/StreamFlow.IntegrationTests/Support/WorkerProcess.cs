using System.Diagnostics;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>The order-counts sample as a process of its own, as users run it; or a client of this project.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private WorkerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public string Output => string.Join('\n', Lines);

    public static WorkerProcess Start(params string[] arguments) => new(Describe(arguments));

    /// <summary>This project's own program instead of the sample.</summary>
    public static WorkerProcess StartClient(params string[] arguments) =>
        new(DescribeProgram("StreamFlow.IntegrationTests.dll", arguments));

    /// <summary>A program of another project.</summary>
    public static WorkerProcess StartProgram(string path, params string[] arguments) => new(DescribeProgram(path, arguments));

    /// <summary>A worker without generator that logs what it restores.</summary>
    /// <param name="cluster">Where it works.</param>
    /// <param name="applicationId">Its group.</param>
    /// <param name="stateDirectory">Its local state.</param>
    /// <param name="sessionTimeout">How soon the group notices that it was killed.</param>
    public static WorkerProcess StartWorker(
        TestCluster cluster, string applicationId, string stateDirectory, TimeSpan sessionTimeout)
    {
        var start = Describe(
            "--bootstrap-servers", cluster.BootstrapServers, "--application-id", applicationId,
            "--state-dir", stateDirectory, "--plain");
        start.Environment["Logging__LogLevel__StreamFlow.StreamsApplication"] = "Information";
        start.Environment[$"StreamFlow__{applicationId}__Consumer__session.timeout.ms"] =
            $"{(int)sessionTimeout.TotalMilliseconds}";
        start.Environment[$"StreamFlow__{applicationId}__Consumer__heartbeat.interval.ms"] =
            $"{Math.Min(1000, (int)sessionTimeout.TotalMilliseconds / 6)}";
        return new WorkerProcess(start);
    }

    public Task UntilRunningAsync() => UntilSaysAsync("Rebalancing -> Running");

    public Task UntilSaysAsync(string text) => Until.TrueAsync(
        () => Lines.Any(l => l.Contains(text, StringComparison.Ordinal)) ? true
            : _process.HasExited ? throw new InvalidOperationException($"The worker ended early.\n{Output}")
            : false,
        $"the worker says '{text}'",
        () => Output);

    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The worker did not end within {Until.Deadline}.\n{Output}");
        }

        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync();
        return await ExitAsync();
    }

    /// <summary>Asks it to end, and does not wait for it.</summary>
    public async Task SignalAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it at once: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo Describe(params string[] arguments) => DescribeProgram("OrderCounts.dll", arguments);

    private static ProcessStartInfo DescribeProgram(string program, string[] arguments) =>
        new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
