using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>Which task a leader partition stands for, and which partitions it brings with it.</summary>
internal sealed class TaskPartitions(ResolvedTopics topics)
{
    public TaskId TaskOf(TopicPartition leader) => new(topics.SubTopologyOf(leader.Topic).Id, leader.Partition);

    public TopicPartition LeaderOf(StreamTask task) =>
        new(topics.LeaderTopics.First(t => topics.SubTopologyOf(t) == task.SubTopology), task.Id.Partition);

    public List<TopicPartition> Inputs(IReadOnlyList<TopicPartition> leaders) =>
        [.. leaders.SelectMany(InputsOf).Select(i => i.Partition)];

    public IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> InputsOf(TopicPartition leader) =>
        topics.InputsOf(topics.SubTopologyOf(leader.Topic), leader.Partition);

    public string Names(IReadOnlyList<TopicPartition> leaders) => string.Join(", ", leaders.Select(TaskOf));
}
