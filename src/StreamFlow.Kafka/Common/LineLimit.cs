using System.Text;

namespace StreamFlow.Kafka;

/// <summary>
/// Lets the first line of each kind through, and then one per interval that says how many were left out. Lines that differ in
/// numbers only are of one kind, so that one and the same news from every partition and client is told once. Used under the
/// lock of its owner.
/// </summary>
internal sealed class LineLimit(TimeProvider time, TimeSpan interval)
{
    /// <summary>More kinds than these are another matter each time anyway: all are forgotten.</summary>
    private const int MaxKinds = 256;

    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);

    /// <summary>What was left out and told by no further line; it is the end.</summary>
    public List<(string Line, int LeftOut)> TakeRest()
    {
        var rest = _kinds.Values.Where(k => k.LeftOut > 0).Select(k => (k.Last, k.LeftOut)).ToList();
        _kinds.Clear();
        return rest;
    }

    /// <returns>Whether the line is to be written.</returns>
    public bool Lets(string line, out int leftOut)
    {
        var now = time.GetTimestamp();
        var key = KindOf(line);
        leftOut = 0;
        if (_kinds.TryGetValue(key, out var kind) && time.GetElapsedTime(kind.Since, now) < interval)
        {
            _kinds[key] = kind with { LeftOut = kind.LeftOut + 1, Last = line };
            return false;
        }

        if (_kinds.Count >= MaxKinds)
        {
            _kinds.Clear();
        }

        leftOut = kind.LeftOut;
        _kinds[key] = new Kind(now, 0, line);
        return true;
    }

    private static string KindOf(string line)
    {
        var kind = new StringBuilder(line.Length);
        foreach (var c in line)
        {
            if (!char.IsAsciiDigit(c))
            {
                kind.Append(c);
            }
        }

        return kind.ToString();
    }

    private readonly record struct Kind(long Since, int LeftOut, string Last);
}
