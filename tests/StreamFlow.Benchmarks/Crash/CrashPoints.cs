using System.Diagnostics;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>The moments at which an application's process is ended, in the order in which a commit passes them.</summary>
internal sealed class CrashPoints(string? armed, TimeSpan after)
{
    public const string Processing = "processing";
    public const string ChangelogProduced = "changelog-produced";
    public const string BeforeOffsets = "before-offsets";
    public const string AfterOffsets = "after-offsets";
    public const string BeforeCommit = "before-commit";
    public const string DuringCommit = "during-commit";
    public const string AfterCommit = "after-commit";
    public const string BeforeWrite = "before-write";
    public const string AfterWrite = "after-write";

    /// <summary>A commit's call takes one to two milliseconds.</summary>
    private static readonly TimeSpan HalfACommit = TimeSpan.FromMilliseconds(0.5);
    private readonly Lock _gate = new();
    private long _armedAt = long.MaxValue;

    public static IReadOnlyList<string> All { get; } =
    [
        Processing, ChangelogProduced, BeforeOffsets, AfterOffsets, BeforeCommit, DuringCommit, AfterCommit, BeforeWrite,
        AfterWrite,
    ];

    /// <summary>The application runs: from some time later on the point counts.</summary>
    public void Start() =>
        Volatile.Write(ref _armedAt, Stopwatch.GetTimestamp() + (long)(after.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Ends the process, as by SIGKILL, if this is its point.</summary>
    public void Reach(string point)
    {
        if (point == armed && IsDue)
        {
            End();
        }
    }

    /// <summary>The commit's call begins: it is left half a commit's time.</summary>
    public void BeginCommit()
    {
        Reach(BeforeCommit);
        if (armed == DuringCommit && IsDue)
        {
            new Thread(static state =>
            {
                var began = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(began) < HalfACommit)
                {
                    Thread.SpinWait(20);
                }

                ((CrashPoints)state!).End();
            }).Start(this);
        }
    }

    private bool IsDue => Stopwatch.GetTimestamp() >= Volatile.Read(ref _armedAt);

    private void End()
    {
        lock (_gate)
        {
            // The monotonic clock is the same in all processes of a machine.
            Console.Out.WriteLine($"CRASH {Stopwatch.GetTimestamp()}");
            Console.Out.Flush();
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
