using System.Collections.Generic;

namespace StreamFlow.Protocol.Generator;

/// <summary>The text of one API or of one piece of data, and where it begins in the file.</summary>
internal sealed record LayoutBlock(string Text, int FirstLine)
{
    /// <summary>Cuts a file into its blocks: each begins with a line that is not indented.</summary>
    public static IEnumerable<LayoutBlock> Split(string file)
    {
        var lines = file.Replace("\r", "").Split('\n');
        var start = -1;
        for (var i = 0; i <= lines.Length; i++)
        {
            var begins = i == lines.Length || (lines[i].Length > 0 && lines[i][0] != ' ' && lines[i][0] != '#');
            if (begins && start >= 0)
            {
                yield return new LayoutBlock(string.Join("\n", lines, start, i - start), start);
            }

            start = begins ? i : start;
        }
    }
}
