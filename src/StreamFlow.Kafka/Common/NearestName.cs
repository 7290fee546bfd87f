namespace StreamFlow.Kafka.Common;

/// <summary>What somebody may have meant who wrote a name that does not exist.</summary>
internal static class NearestName
{
    /// <summary>The name that takes the fewest strokes to correct; null when none is near enough to be meant.</summary>
    /// <param name="given">The name that does not exist.</param>
    /// <param name="known">Those that do; the first of equally near ones is taken.</param>
    public static string? Of(string given, IEnumerable<string> known)
    {
        var nearest = known.Select(name => (Name: name, Distance: Distance(given, name))).MinBy(candidate => candidate.Distance);
        return nearest.Name is not null && nearest.Distance <= Math.Max(1, given.Length / 3) ? nearest.Name : null;
    }

    /// <summary>Letters to insert, leave out, replace or swap with their neighbour, whatever their case.</summary>
    internal static int Distance(string a, string b)
    {
        var (before, last, now) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            now[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                now[j] = Math.Min(Math.Min(now[j - 1], last[j]) + 1, last[j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    now[j] = Math.Min(now[j], before[j - 2] + 1);
                }
            }

            (before, last, now) = (last, now, before);
        }

        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
