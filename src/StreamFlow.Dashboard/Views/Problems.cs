using System.Globalization;

namespace StreamFlow.Dashboard;

/// <summary>What somebody should know of an application, the worst first, each with what it means and what to do.</summary>
internal static class Problems
{
    private const string Bad = "error";
    private const string Warning = "warning";
    private const string Info = "info";
    private static readonly string[] Order = [Bad, Warning, Info];

    public static IReadOnlyList<ProblemModel> Of(StreamsStatus status, DateTimeOffset now) =>
    [
        .. Failures(status).Concat(Outages(status)).Concat(Stalls(status, now)).Concat(Stuck(status, now)).Concat(Told(status)).Concat(Unread(status, now))
            .Concat(Restores(status)).OrderBy(p => Array.IndexOf(Order, p.Severity)),
    ];

    private static IEnumerable<ProblemModel> Failures(StreamsStatus status)
    {
        if (status.Error is { } error && status.State is StreamsState.PendingError or StreamsState.Error)
        {
            yield return status.IsFenced
                ? new ProblemModel(
                    Bad, error.Message, "Another process has the identity of this one (GroupInstanceId, or a copy of its state directory), so it gave up.",
                    "Give each instance an identity and a state directory of its own, and start it again.")
                : new ProblemModel(
                    Bad, error.Message, "The application has stopped; nothing is processed until it is started again.",
                    "Mend what the message names, and start it again: it goes on where it committed last.");
        }
        else if (status.FailuresInARow > 0)
        {
            yield return new ProblemModel(
                status.FailuresInARow > 1 ? Bad : Warning,
                string.Create(CultureInfo.InvariantCulture, $"Threads have failed {status.FailuresInARow} times in a row: {status.Error?.Message}"),
                "A thread that failed was replaced and goes on from the last commit; each replacement waits longer than the one before.",
                "Look at the message and the log. After TaskTimeout without a success the application stops.");
        }
    }

    private static IEnumerable<ProblemModel> Outages(StreamsStatus status)
    {
        if (status.Outage is { } outage)
        {
            yield return new ProblemModel(
                Bad, $"No broker answers at {outage.Servers}: {outage.Reason}",
                "Nothing is lost by it, and nothing is processed meanwhile. The application goes on by itself when a broker answers.",
                "See whether the brokers run, the address is right, and the network lets them through.")
            { Since = outage.Since };
        }
    }

    private static IEnumerable<ProblemModel> Stalls(StreamsStatus status, DateTimeOffset now)
    {
        var stalls = status.Threads.Select(t => (t.Name, t.Stalled)).Append((status.GlobalThread?.Name ?? string.Empty, status.GlobalThread?.Stalled));
        foreach (var (name, stalled) in stalls)
        {
            if (stalled is not null)
            {
                yield return new ProblemModel(
                    stalled.IsLeftBehind ? Bad : Warning,
                    string.Create(CultureInfo.InvariantCulture, $"Thread {name} has been {stalled.What} for {stalled.Lasts.TotalSeconds:F0} s."),
                    stalled.IsLeftBehind
                        ? "Its group waits for it no longer: its partitions go to others."
                        : "Its tasks do not come forward while it is at that.",
                    "Look at what the operator does with that record, or what it waits for: a call without a timeout, a lock, a slow service.")
                { Since = now - stalled.Lasts, Task = stalled.TaskId?.ToString() };
            }
        }
    }

    private static IEnumerable<ProblemModel> Stuck(StreamsStatus status, DateTimeOffset now) =>
        status.Stuck.Select(stuck => new ProblemModel(
            Bad,
            stuck + ".",
            "Its thread goes on with other work, and nothing of this partition is processed.",
            "See whether a partner of the partition has no records for its task to go on with (MaxTaskIdle), or another task is far behind in event time (MaxEventTimeSkew).")
        { Since = now - stuck.Lasts })
        .Concat(
            from thread in status.Threads
            let open = thread.HangingTransaction
            where open is not null
            select new ProblemModel(
                Bad,
                string.Create(CultureInfo.InvariantCulture, $"The transaction of thread {thread.Name} has been open for {open.GetValueOrDefault().TotalSeconds:F0} s."),
                "Readers of committed records wait for its end. The broker aborts it at TransactionTimeout, and its work is done again.",
                "Look at what holds up the thread; if a commit takes as long as that, raise TransactionTimeout.")
            { Since = now - open.GetValueOrDefault() });

    private static IEnumerable<ProblemModel> Told(StreamsStatus status) =>
        status.Problems.Select(text => new ProblemModel(
            Bad, text, "The application runs, and somebody has to mend this.", "The message names what to do."))
        .Concat(status.Warnings.Select(text => new ProblemModel(
            Warning, text, "Nothing fails, but results may be wrong.", "The message names what to do.")));

    private static IEnumerable<ProblemModel> Unread(StreamsStatus status, DateTimeOffset now) =>
        status.Unread.Select(unread => new ProblemModel(
            Warning,
            unread + ".",
            "Its records wait. An instance that was killed keeps its partitions until its session is over (15 s by default); one that hangs keeps them longer.",
            "See whether the instance that has it still runs, and end it if it hangs.")
        { Since = now - unread.Lasts });

    private static IEnumerable<ProblemModel> Restores(StreamsStatus status)
    {
        var remaining = status.Threads.Sum(t => t.RestoreRemaining);
        if (remaining > 0)
        {
            yield return new ProblemModel(
                Info,
                string.Create(CultureInfo.InvariantCulture, $"Stores are being restored: about {remaining} changelog records to go."),
                "Tasks whose stores are complete already process; the others wait.",
                "Nothing, unless it takes too long: keep the state directory over restarts.");
        }
    }
}
