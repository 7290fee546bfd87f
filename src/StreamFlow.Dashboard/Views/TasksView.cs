namespace StreamFlow.Dashboard;

/// <summary>Makes the matrix of instances, threads and tasks.</summary>
internal static class TasksView
{
    public static TasksModel Of(HostedView view, StreamsStatus status, IReadOnlyList<Reading> readings)
    {
        var members = Instances.Of(view, status);
        var ages = readings.Where(r => r.Instrument == InstrumentNames.CommitAge)
            .ToDictionary(r => r.Tags.Thread ?? string.Empty, r => r.Value, StringComparer.Ordinal);
        return new TasksModel(
            InstancesOf(view, status, members),
            [.. status.Threads.Select(t => Thread(view, t, ages))],
            [.. OwnTasks(view, status, readings, ages), .. Globals(view, status), .. Foreign(members)],
            [.. status.Threads.SelectMany(t => t.Rebalances.Select(r => Rebalance(view, t.Name, r))).OrderByDescending(r => r.At).Take(50)]);
    }

    private static List<InstanceModel> InstancesOf(HostedView view, StreamsStatus status, IReadOnlyList<MemberView> members)
    {
        var self = new InstanceModel(
            view.ClientId, members.FirstOrDefault(m => m.IsSelf)?.Host, true, [.. status.Threads.Select(t => t.Name)]);
        return
        [
            self,
            .. members.Where(m => !m.IsSelf).GroupBy(m => (m.Instance, m.Host))
                .Select(g => new InstanceModel(g.Key.Instance, g.Key.Host, false, [.. g.Select(m => m.Thread)])),
        ];
    }

    private static ThreadModel Thread(HostedView view, ThreadStatus thread, Dictionary<string, double> ages) => new(
        thread.Name,
        view.ClientId,
        thread.Stalled is not null ? "stalled"
            : thread.Tasks.Any(t => t.State == TaskState.Restoring) ? "restoring"
            : thread.IsSettled ? "running"
            : thread.HasJoined ? "rebalancing" : "joining",
        ages.TryGetValue(thread.Name, out var age) ? age : null,
        view.Shares.Of(thread.Name),
        thread.Stalled is { } stalled ? $"{stalled.What}, for {stalled.Lasts.TotalSeconds:F0} s" : null);

    private static IEnumerable<TaskModel> OwnTasks(
        HostedView view, StreamsStatus status, IReadOnlyList<Reading> readings, Dictionary<string, double> ages)
    {
        var processed = view.Collection.Counted(InstrumentNames.Processed)
            .ToDictionary(c => c.Tags.Task ?? string.Empty, c => c.Count, StringComparer.Ordinal);
        var now = view.Time.GetUtcNow();
        foreach (var thread in status.Threads)
        {
            foreach (var task in thread.Tasks)
            {
                var id = task.TaskId.ToString();
                var lags = task.Inputs.Select(i => i.Lag).OfType<long>().ToList();
                yield return new TaskModel(
                    id, task.TaskId.SubTopology, task.TaskId.Partition, thread.Name, view.ClientId, "active",
                    task.State switch
                    {
                        TaskState.Created => "created",
                        TaskState.Restoring => "restoring",
                        TaskState.Running => "running",
                        _ => "closed",
                    })
                {
                    Lag = lags.Count == 0 ? null : lags.Sum(),
                    Inputs =
                    [
                        .. task.Inputs.Select(i => new TaskInputModel(i.Partition.Topic, i.Partition.Partition, i.Position, i.End, i.Lag)),
                    ],
                    Restore = RestoreOf(view, id, readings),
                    LastRecordAt = task.LastFinished,
                    LastCommitAt = ages.TryGetValue(thread.Name, out var age) ? now - TimeSpan.FromSeconds(age) : null,
                    MovedAt = MovedAt(view, thread, id),
                    Processed = processed.TryGetValue(id, out var count) ? count : null,
                };
            }
        }
    }

    /// <summary>Copies of global tables are tasks of their own for whoever looks: each instance has one.</summary>
    private static IEnumerable<TaskModel> Globals(HostedView view, StreamsStatus status) =>
        status.GlobalThread is not { } thread
            ? []
            : view.Collection.Graph.Topology.SubTopologies.Where(s => s.IsGlobal).Select(s => new TaskModel(
                FormattableString.Invariant($"{s.Id}_0"), s.Id, 0, thread.Name, view.ClientId, "global",
                thread.Stalled is null ? "running" : "paused"));

    private static IEnumerable<TaskModel> Foreign(IReadOnlyList<MemberView> members) =>
        from member in members
        where !member.IsSelf
        from id in member.Tasks
        where TaskId.TryParse(id, out _)
        let task = TaskId.TryParse(id, out var parsed) ? parsed : default
        select new TaskModel(id, task.SubTopology, task.Partition, member.Thread, member.Instance, "active", "running");

    private static RestoreModel? RestoreOf(HostedView view, string task, IReadOnlyList<Reading> readings)
    {
        var left = readings.Where(r => r.Instrument == InstrumentNames.RestoreRemaining && r.Tags.Task == task).Select(r => r.Value).ToList();
        if (left.Count == 0)
        {
            return null;
        }

        var restored = view.Collection.Counted(InstrumentNames.Restored).Where(c => c.Tags.Task == task).Sum(c => c.Count);
        var remaining = (long)left.Sum();
        return new RestoreModel(remaining, restored, view.Shares.SecondsLeft(task, remaining));
    }

    private static DateTimeOffset? MovedAt(HostedView view, ThreadStatus thread, string task) => thread.Rebalances
        .Where(r => r.Assigned.Any(p => view.Collection.Graph.TaskOf(p) == task)).Select(r => (DateTimeOffset?)r.At).LastOrDefault();

    private static RebalanceModel Rebalance(HostedView view, string thread, StreamRebalance rebalance)
    {
        return new RebalanceModel(
            rebalance.At, thread, Tasks(rebalance.Assigned), Tasks(rebalance.Revoked), Tasks(rebalance.Lost), rebalance.Pause?.TotalSeconds);

        IReadOnlyList<string> Tasks(IReadOnlyList<TopicPartition> partitions) =>
            [.. partitions.Select(view.Collection.Graph.TaskOf).Distinct(StringComparer.Ordinal)];
    }
}
