using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>The paces of the sub-topologies of one thread.</summary>
internal sealed class EventTimePaces(TimeProvider time, TimeSpan maxSkew)
{
    private readonly Dictionary<int, EventTimePace> _paces = [];

    /// <returns>Null when tasks go as fast as they can.</returns>
    public EventTimePace? Of(SubTopology subTopology)
    {
        if (maxSkew < TimeSpan.Zero)
        {
            return null;
        }

        if (!_paces.TryGetValue(subTopology.Id, out var pace))
        {
            _paces.Add(subTopology.Id, pace = new EventTimePace(time, maxSkew));
        }

        return pace;
    }
}
