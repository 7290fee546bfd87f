using System.Diagnostics;
using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification.Faults;

/// <summary>A worker as the harness sees it: started, frozen, killed and started again on the same state folder.</summary>
internal sealed class WorkerHandle(WorkerSettings settings, string logFolder) : IDisposable
{
    private const int LastWords = 20;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);
    private readonly Queue<string> _lastLines = new();
    private readonly List<string> _unexpected = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _planted = New();
    private Process? _process;
    private TaskCompletionSource _listens = New();
    private TaskCompletionSource _running = New();
    private TaskCompletionSource _ended = New();
    private volatile bool _mayEnd;

    public string Name => settings.Name;

    private string LogFile => Path.Combine(logFolder, Name + ".log");

    /// <summary>Folder of the application's state.</summary>
    public string StateFolder => Path.Combine(settings.StateDirectory, Workload.ApplicationId);

    /// <summary>How often it was started.</summary>
    public int Lives { get; private set; }

    public bool IsAlive => _process is { HasExited: false };

    public int ProcessId => _process!.Id;

    /// <summary>Whether it does not run, though nobody ended it.</summary>
    public bool HasEndedByItself => !_mayEnd && _process is { HasExited: true };

    /// <summary>How often it ended though nobody ended it, with the reason it gave.</summary>
    public IReadOnlyList<string> UnexpectedEnds
    {
        get
        {
            lock (_gate)
            {
                return [.. _unexpected];
            }
        }
    }

    public void Start(bool withPlant = true)
    {
        var own = withPlant ? settings : settings with { Plant = null };
        EndLastLife();
        _mayEnd = false;
        (_listens, _running, _ended) = (New(), New(), New());
        Lives++;
        var (listens, running, ended) = (_listens, _running, _ended);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "dotnet",
                ["exec", Path.Combine(AppContext.BaseDirectory, "StreamFlow.Verification.dll"), .. own.ToArguments()])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        process.Exited += (_, _) => OnExit(process, ended);
        process.OutputDataReceived += (_, line) => OnOutput(line.Data, listens, running);
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process = process;
        Log($"----- life {Lives}");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Ends when all its tasks run.</summary>
    public Task RunningAsync(TimeSpan limit) => _running.Task.WaitAsync(limit);

    /// <summary>Ends when its planted fault has happened.</summary>
    public Task PlantedAsync(TimeSpan limit) => _planted.Task.WaitAsync(limit);

    public void Arm(string point, string signal, int hits)
    {
        _mayEnd |= signal == "KILL";
        Command($"arm {point} {signal} {hits}");
    }

    /// <summary>From now on its end is no surprise.</summary>
    public void ExpectEnd() => _mayEnd = true;

    /// <summary>Nothing is sent to one that has ended: its number may be another process's by now.</summary>
    public void Signal(string signal)
    {
        _mayEnd |= signal is "KILL" or "TERM";
        if (IsAlive)
        {
            Signals.Send(ProcessId, signal);
        }
    }

    /// <summary>SIGKILL; returns when nothing of it runs any more.</summary>
    public void Kill()
    {
        _mayEnd = true;
        if (IsAlive)
        {
            _process!.Kill();
        }

        _process!.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>False when it has not ended in time.</returns>
    public bool WaitForEnd(TimeSpan limit) => _process!.WaitForExit(limit);

    /// <summary>Whether a text stands in what it has logged so far.</summary>
    public bool HasLogged(string text)
    {
        lock (_gate)
        {
            return File.Exists(LogFile) && File.ReadAllText(LogFile).Contains(text, StringComparison.Ordinal);
        }
    }

    /// <summary>Asks it to end in order.</summary>
    /// <returns>Whether it did.</returns>
    public bool Stop()
    {
        if (!IsAlive)
        {
            return true;
        }

        // On a busy machine the runtime itself may take a second to start.
        Task.WaitAny([_listens.Task, _ended.Task], EndLimit);
        if (IsAlive)
        {
            Signal("TERM");
        }

        if (_process!.WaitForExit(EndLimit))
        {
            return _process.ExitCode == 0;
        }

        Kill();
        return false;
    }

    public void Command(string line)
    {
        try
        {
            _process!.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has just ended.
        }
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            Kill();
            EndLastLife();
        }
    }

    /// <summary>Not before its last words were read.</summary>
    private void EndLastLife()
    {
        if (_process is not null)
        {
            _ended.Task.Wait();
            _process.Dispose();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void OnExit(Process process, TaskCompletionSource ended)
    {
        if (!_mayEnd)
        {
            AddLastWords(process);
        }

        ended.SetResult();
    }

    private void AddLastWords(Process process)
    {
        // Returns when all it has written was read.
        process.WaitForExit();
        string[] lastLines;
        lock (_gate)
        {
            lastLines = [.. _lastLines];
        }

        AddUnexpected(string.Join(
            "\n        ", [$"{Name} ended by itself with exit code {process.ExitCode}; its last words:", .. lastLines]));
    }

    private void OnOutput(string? line, TaskCompletionSource listens, TaskCompletionSource running)
    {
        Log(line);
        if (line == WorkerProgram.Listens)
        {
            listens.TrySetResult();
        }
        else if (line == "state Running")
        {
            running.TrySetResult();
        }
        else if (line == Plant.Happened)
        {
            _planted.TrySetResult();
        }
        else if (line?.StartsWith("failed ", StringComparison.Ordinal) == true)
        {
            AddUnexpected($"{Name} {line}");
        }
    }

    private void AddUnexpected(string what)
    {
        Console.WriteLine(what);
        lock (_gate)
        {
            _unexpected.Add(what);
        }
    }

    private void Log(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > LastWords)
                {
                    _lastLines.Dequeue();
                }

                File.AppendAllText(LogFile, line + Environment.NewLine);
            }
        }
    }
}
