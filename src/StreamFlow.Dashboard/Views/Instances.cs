using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>A member of the group as the page shows it.</summary>
/// <param name="Thread">Name of its thread.</param>
/// <param name="Instance">Name of the process, as far as it can be told from others.</param>
/// <param name="Host">Where it connects from.</param>
/// <param name="Tasks">The tasks it has.</param>
/// <param name="IsSelf">Whether it is a thread of this process.</param>
internal sealed record MemberView(string Thread, string Instance, string Host, IReadOnlyList<string> Tasks, bool IsSelf);

/// <summary>Finds out which members of the group are threads of this process, and which of others.</summary>
internal static class Instances
{
    public static IReadOnlyList<MemberView> Of(HostedView view, StreamsStatus status)
    {
        var own = status.Threads.ToDictionary(
            t => t.Name, t => t.Tasks.Select(task => task.TaskId.ToString()).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new Dictionary<(string Thread, string Host), int>();
        var members = new List<MemberView>();

        // The one with the most of our own tasks is ours: processes may have threads of one name.
        foreach (var (member, thread, tasks) in view.Group.Members
            .Select(m => (Member: m, Thread: ThreadOf(m.ClientId), Tasks: TasksOf(view, m)))
            .OrderByDescending(m => own.TryGetValue(m.Thread, out var mine) ? m.Tasks.Count(mine.Contains) : 0)
            .ThenBy(m => m.Member.MemberId, StringComparer.Ordinal))
        {
            var isSelf = own.TryGetValue(thread, out var mine) && tasks.TrueForAll(mine.Contains) && taken.Add(thread);
            var name = InstanceOf(thread);
            if (!isSelf)
            {
                var number = numbers[(thread, member.Host)] = numbers.GetValueOrDefault((thread, member.Host), own.ContainsKey(thread) ? 1 : 0) + 1;
                name = number > 1 ? FormattableString.Invariant($"{name} ({number})") : name;
            }

            members.Add(new MemberView(thread, isSelf ? view.ClientId : name, member.Host, tasks, isSelf));
        }

        return members;
    }

    /// <summary>A thread as the log names it: without what its consumer shows the others.</summary>
    private static string ThreadOf(string clientId) =>
        clientId.LastIndexOf("-consumer", StringComparison.Ordinal) is > 0 and var end ? clientId[..end] : clientId;

    private static string InstanceOf(string thread) =>
        thread.LastIndexOf("-StreamThread-", StringComparison.Ordinal) is > 0 and var end ? thread[..end] : thread;

    private static List<string> TasksOf(HostedView view, GroupMemberDescription member) =>
        [.. member.Assigned.Select(view.Collection.Graph.TaskOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
