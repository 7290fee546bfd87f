using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>A life of the application as its parent sees it.</summary>
internal sealed class Life : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string[]> _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<long> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Life(long number, IEnumerable<string> arguments)
    {
        Number = number;
        Spawned = Stopwatch.GetTimestamp();
        _process = Process.Start(
            new ProcessStartInfo(
                Environment.ProcessPath!,
                ["CrashWorker", "--life", number.ToString(CultureInfo.InvariantCulture), .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        var output = _process.StandardOutput;
        new Thread(() => Listen(output)) { IsBackground = true }.Start();
    }

    public long Number { get; }

    public long Spawned { get; }

    /// <summary>Waits until it runs; the fields of its message.</summary>
    public Task<string[]> RunningAsync(TimeSpan limit) => _running.Task.WaitAsync(limit);

    /// <summary>Waits for its crash; the moment of it.</summary>
    public Task<long> CrashedAsync(TimeSpan limit) => _ended.Task.WaitAsync(limit);

    /// <summary>Lets it end in order.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Listen(StreamReader output)
    {
        while (output.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            if (words[0] == "RUNNING")
            {
                _running.TrySetResult(words);
            }
            else if (words[0] == "CRASH")
            {
                _process.WaitForExit();
                _ended.TrySetResult(long.Parse(words[1], CultureInfo.InvariantCulture));
                return;
            }
        }

        var error = new InvalidOperationException("The application's process has ended by itself.");
        _running.TrySetException(error);
        _ended.TrySetException(error);
        _ = _running.Task.Exception;
        _ = _ended.Task.Exception;
    }
}
