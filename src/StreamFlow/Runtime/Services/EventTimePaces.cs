using System.Collections.Concurrent;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// The paces of an application's sub-topologies. Where what tasks write meets again in this application, all threads keep
/// one pace; elsewhere only the tasks of a thread, which is free of charge.
/// </summary>
internal sealed class EventTimePaces(TimeProvider time, TimeSpan maxSkew)
{
    private readonly ConcurrentDictionary<int, EventTimePace> _paces = new();

    /// <summary>The paces of one thread alone.</summary>
    public EventTimePaces OfThread() => new(time, maxSkew);

    /// <returns>Null when tasks go as fast as they can.</returns>
    public EventTimePace? Of(SubTopology subTopology) =>
        maxSkew < TimeSpan.Zero ? null : _paces.GetOrAdd(subTopology.Id, _ => new EventTimePace(time, maxSkew));
}
