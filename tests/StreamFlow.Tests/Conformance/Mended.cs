namespace StreamFlow.Tests.Conformance;

/// <summary>
/// The lines that are meant to differ (<c>-</c>), each with what comes in its place (<c>+</c>, nothing, or several), under the
/// scenario's name. A line that is recorded several times and differs only later has <see cref="Again"/> behind it.
/// </summary>
internal static class Mended
{
    public const string Again = "  (again)";

    public static Dictionary<(string Scenario, string Line), string?> Of(string recording)
    {
        var mended = new Dictionary<(string, string), string?>();
        foreach (var (name, lines) in Recorded.Blocks($"{recording}.mended.recorded.txt", "== "))
        {
            for (var i = 0; i < lines.Length; i++)
            {
                var key = (name, lines[i][2..]);
                var instead = lines.Skip(i + 1).TakeWhile(line => line.StartsWith('+')).Select(line => line[2..]).ToList();
                mended.Add(key, instead.Count == 0 ? null : string.Join('\n', instead));
                i += instead.Count;
            }
        }

        return mended;
    }
}
