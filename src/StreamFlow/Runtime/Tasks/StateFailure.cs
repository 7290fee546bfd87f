using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>A task whose committed changes did not become local state.</summary>
/// <param name="Task">The task.</param>
/// <param name="Cause">Why not.</param>
internal sealed record StateFailure(StreamTask Task, StreamsException Cause);

/// <summary>How a commit went.</summary>
/// <param name="IsFinal">Whether the positions are committed; if not, they were refused for the moment.</param>
/// <param name="Failures">The tasks whose stores are behind their changelogs now, and must catch up with them.</param>
internal readonly record struct CommitOutcome(bool IsFinal, IReadOnlyList<StateFailure> Failures);

/// <summary>
/// A commit is done, but the stores of some tasks did not take it: they are to be made anew and restored. Never leaves the
/// stream thread while that can mend it.
/// </summary>
internal sealed class StateNotAppliedException(string threadName, IReadOnlyList<StateFailure> failures)
    : StreamsException(
        $"{threadName}: the changes of task {failures[0].Task.Id} are committed, but its stores did not take them. "
        + failures[0].Cause.Message,
        failures[0].Cause)
{
    public IReadOnlyList<StateFailure> Failures => failures;
}

/// <summary>The step of a commit in which staged changes become local state.</summary>
internal static class StateCommit
{
    /// <summary>Applies what the tasks have staged; no task is left behind because another one's store fails.</summary>
    public static IReadOnlyList<StateFailure> Apply(IReadOnlyList<StreamTask> tasks)
    {
        List<StateFailure>? failures = null;
        foreach (var task in tasks)
        {
            try
            {
                task.ApplyState();
            }
            catch (Exception exception) when (exception is StreamsException or IOException)
            {
                (failures ??= []).Add(new StateFailure(task, AsStoreFailure(exception)));
            }
        }

        return failures ?? (IReadOnlyList<StateFailure>)[];
    }

    /// <summary>An error of the file system may pass, whoever throws it.</summary>
    public static StreamsException AsStoreFailure(Exception exception) =>
        exception as StreamsException ?? new StateStoreException(exception.Message, exception) { IsTransient = true };
}
