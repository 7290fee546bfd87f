using System.Diagnostics;

namespace StreamFlow.Verification.Workers;

/// <summary>
/// Named moments inside a worker at which it can be told to end, as by SIGKILL, or to freeze, as by SIGSTOP.
/// Those on the wire lie in the proxy (<see cref="Faults.WirePoint"/>).
/// </summary>
internal sealed class CrashPoints
{
    public const string AfterMutate = "after-mutate";
    public const string AfterChangelogProduce = "after-changelog-produce";
    public const string BeforeLocalBatch = "before-local-batch";
    public const string AfterLocalBatch = "after-local-batch";

    private readonly Lock _gate = new();
    private string? _armed;
    private string _signal = "KILL";
    private int _hitsLeft;

    public static IReadOnlyList<string> All { get; } =
        [AfterMutate, AfterChangelogProduce, BeforeLocalBatch, AfterLocalBatch];

    /// <summary>Acts when the point is reached for the n-th time from now.</summary>
    public void Arm(string point, string signal, int hits)
    {
        lock (_gate)
        {
            (_signal, _hitsLeft) = (signal, hits);
            Volatile.Write(ref _armed, point);
        }
    }

    public void Reach(string point)
    {
        if (Volatile.Read(ref _armed) != point)
        {
            return;
        }

        lock (_gate)
        {
            if (_armed == point && --_hitsLeft <= 0)
            {
                _armed = null;
                Signals.SendToSelf(_signal);
            }
        }
    }
}

/// <summary>POSIX signals, by their names.</summary>
internal static class Signals
{
    public static void Send(int processId, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{processId}"]);
        kill.WaitForExit();
    }

    /// <summary>Ends or freezes this process; when frozen, returns once it is continued.</summary>
    public static void SendToSelf(string signal)
    {
        if (signal == "KILL")
        {
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }

        Send(Environment.ProcessId, signal);
    }
}
