namespace StreamFlow.Runtime;

/// <summary>
/// Which task a leader partition stands for. Remembered: the topic may be let go before the group takes the partition back.
/// </summary>
internal sealed class TaskPartitions(ThreadServices services)
{
    private readonly Dictionary<string, int> _subTopologies = new(StringComparer.Ordinal);

    public TaskId TaskOf(TopicPartition leader)
    {
        if (!_subTopologies.TryGetValue(leader.Topic, out var id))
        {
            id = services.Topics.SubTopologyOf(leader.Topic).Id;
            _subTopologies.Add(leader.Topic, id);
        }

        return new TaskId(id, leader.Partition);
    }

    public string Names(IReadOnlyList<TopicPartition> leaders) => string.Join(", ", leaders.Select(TaskOf));
}
