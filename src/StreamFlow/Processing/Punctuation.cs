namespace StreamFlow.Processing;

/// <summary>A call that a node has asked for again and again.</summary>
/// <param name="node">The node; failures are told in its name.</param>
/// <param name="interval">Time between two calls, in milliseconds.</param>
/// <param name="callback">Gets the time of its clock, in milliseconds since 1970-01-01T00:00Z.</param>
internal sealed class Punctuation(Node node, long interval, Action<long> callback) : Cancellable
{
    public Node Node => node;

    public void Call(long time) => callback(time);

    /// <summary>The first point of the grid through <paramref name="point"/> that is later than <paramref name="now"/>.</summary>
    /// <returns>False when there is none before the end of time.</returns>
    public bool TryNext(long point, long now, out long next)
    {
        if (now < point)
        {
            next = point;
            return true;
        }

        var last = now - (EventTime.Subtract(now, point) % interval);
        next = EventTime.Add(last, interval);
        return EventTime.HasRoom(last, interval);
    }
}
