using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class TaskStatesTests
{
    [Theory]
    [InlineData(TaskState.Created, nameof(TaskEvent.RestoreNeeded), TaskState.Restoring)]
    [InlineData(TaskState.Created, nameof(TaskEvent.Ready), TaskState.Running)]
    [InlineData(TaskState.Created, nameof(TaskEvent.Close), TaskState.Closed)]
    [InlineData(TaskState.Restoring, nameof(TaskEvent.RestoreNeeded), null)]
    [InlineData(TaskState.Restoring, nameof(TaskEvent.Ready), TaskState.Running)]
    [InlineData(TaskState.Restoring, nameof(TaskEvent.Close), TaskState.Closed)]
    [InlineData(TaskState.Running, nameof(TaskEvent.RestoreNeeded), null)]
    [InlineData(TaskState.Running, nameof(TaskEvent.Ready), null)]
    [InlineData(TaskState.Running, nameof(TaskEvent.Close), TaskState.Closed)]
    [InlineData(TaskState.Closed, nameof(TaskEvent.RestoreNeeded), null)]
    [InlineData(TaskState.Closed, nameof(TaskEvent.Ready), null)]
    [InlineData(TaskState.Closed, nameof(TaskEvent.Close), null)]
    [InlineData(TaskState.Created, nameof(TaskEvent.Rewind), null)]
    [InlineData(TaskState.Restoring, nameof(TaskEvent.Rewind), null)]
    [InlineData(TaskState.Running, nameof(TaskEvent.Rewind), TaskState.Created)]
    [InlineData(TaskState.Closed, nameof(TaskEvent.Rewind), null)]
    public void Next_takes_the_edges_of_the_table_and_no_others(TaskState from, string happened, TaskState? expected) =>
        Assert.Equal(expected, TaskStates.Next(from, Enum.Parse<TaskEvent>(happened)));
}
