namespace StreamFlow.Broker.Groups;

/// <content>Whether it is there.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>Whether it answers "not available" only: it was stopped, or its log failed it.</summary>
    public bool IsStopped => _isStopped;
}
