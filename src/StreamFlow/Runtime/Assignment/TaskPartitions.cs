namespace StreamFlow.Runtime;

/// <summary>Which task a leader partition stands for.</summary>
internal sealed class TaskPartitions(ThreadServices services)
{
    public TaskId TaskOf(TopicPartition leader) => new(services.Topics.SubTopologyOf(leader.Topic).Id, leader.Partition);

    public string Names(IReadOnlyList<TopicPartition> leaders) => string.Join(", ", leaders.Select(TaskOf));
}
