using StreamFlow.Planning;

namespace StreamFlow.Dsl;

/// <summary>When an update that waits is sent on.</summary>
/// <param name="Buffer">How much may wait.</param>
/// <param name="DelayMs">How long after its time in the buffer.</param>
/// <param name="EndOf">The end of a key's window, which is that time; null: it is the time of the first update.</param>
internal sealed record SuppressRule<TKey>(BufferConfig Buffer, long DelayMs, Func<TKey, long>? EndOf)
{
    /// <summary>Whether only results that are final are sent on; a row that is gone by then is none.</summary>
    public bool IsFinal => EndOf is not null;

    /// <exception cref="TopologyException">The windows that it should wait for have no end, or there are none.</exception>
    public static SuppressRule<TKey> Of(string name, Suppressed suppressed, NodeDescription table)
    {
        if (suppressed.Limit is { } limit)
        {
            return new SuppressRule<TKey>(suppressed.Buffer, limit.Ticks / TimeSpan.TicksPerMillisecond, null);
        }

        // Of tables that were joined, the one whose windows close last decides.
        return ClosingsOf(table).MaxBy(closing => closing.DelayMs) is { } last
            ? new SuppressRule<TKey>(suppressed.Buffer, last.DelayMs, last.EndOf)
            : throw new TopologyException(
                $"{name} is to wait until windows close, and the table before it, '{table.Name}', has none that do. Suppress the "
                + "result of a windowed aggregation, or use Suppressed.UntilTimeLimit.");
    }

    private static IEnumerable<WindowClosing<TKey>> ClosingsOf(NodeDescription node) => node.Closing switch
    {
        WindowClosing<TKey> closing => [closing],
        null => node.Inputs.SelectMany(input => ClosingsOf(input.Owner)),
        _ => [],
    };
}
