using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrderCounts;

/// <summary>The live table, made to fit the terminal: no line of it wraps, and what does not fit is left out.</summary>
internal static class CountScreen
{
    private const int WindowsShown = 3;

    /// <summary>Of a column of a table with borders: a space on both sides, and the border.</summary>
    private const int ColumnFrame = 3;

    /// <param name="rows">The counts, the newest window first.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="livePage">Address of the live page; null when there is none.</param>
    /// <param name="footer">Lines below the table.</param>
    public static Rows Draw(IReadOnlyList<(CountKey Key, CategoryCount Count)> rows, int width, string? livePage, params IEnumerable<string> footer)
    {
        var categories = rows.GroupBy(r => r.Key.Category).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        var windows = Windows(rows, width, categories.Select(c => c.Key.Length).Append("category".Length).Max());
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("category").NoWrap());
        foreach (var window in windows)
        {
            table.AddColumn(new TableColumn(Heading(window)).RightAligned().NoWrap());
        }

        foreach (var category in categories)
        {
            var byWindow = category.ToDictionary(r => r.Key.WindowStart, r => r.Count);
            table.AddRow([Markup.Escape(category.Key), .. windows.Select(w => byWindow.TryGetValue(w, out var count) ? Cell(count) : "-")]);
        }

        return new Rows(
        [
            .. livePage is null ? [] : (IRenderable[])[Line($"Live page {livePage}", width, Style.Plain)],
            Line("Placed orders per category and 10-minute window (number, amount)", width, new Style(decoration: Decoration.Bold)),
            Line("Times are the orders' own (UTC): simulated event time, which runs faster", width, Style.Plain),
            table,
            .. footer.Select(text => Line(text, width, Style.Plain)),
        ]);
    }

    /// <summary>The start of a window as it is shown.</summary>
    public static string Time(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The newest windows that fit side by side, the oldest of them first; at least one.</summary>
    private static List<long> Windows(
        IReadOnlyList<(CountKey Key, CategoryCount Count)> rows, int width, int categoryWidth)
    {
        var shown = new List<long>();
        var taken = categoryWidth + ColumnFrame + 1;
        foreach (var window in rows.GroupBy(r => r.Key.WindowStart).OrderByDescending(g => g.Key).Take(WindowsShown))
        {
            taken += window.Select(r => Cell(r.Count).Length).Append(Heading(window.Key).Length).Max() + ColumnFrame;
            if (taken > width && shown.Count > 0)
            {
                break;
            }

            shown.Insert(0, window.Key);
        }

        return shown;
    }

    private static Text Line(string text, int width, Style style) =>
        new(text.Length <= width ? text : text[..Math.Max(0, width)], style);

    private static string Heading(long window) => $"{Time(window)} - {Time(window + Pipeline.WindowMs)}";

    private static string Cell(CategoryCount count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count.Count:N0}  {count.Cents / 100m,10:N2}");
}
