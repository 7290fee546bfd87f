using System.Globalization;
using Spectre.Console;

namespace StreamFlow.Cli.Output;

/// <summary>A table as text: drawn where a person watches, plain columns where a file or a pipe takes it.</summary>
internal static class TableText
{
    private const int Gap = 2;

    public static void Write(Table table, Terminal terminal)
    {
        if (terminal.Width is { } width)
        {
            Draw(table, terminal.Out, width);
        }
        else
        {
            WritePlain(table, terminal.Out);
        }
    }

    /// <summary>A cell as people read it; what is not there is a dash.</summary>
    public static string Text(object? cell) => cell switch
    {
        null => "-",
        string text => Escape(text),
        bool value => value ? "yes" : "no",
        double value => value.ToString("0.###", CultureInfo.InvariantCulture),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable<int> numbers => string.Join(',', numbers),
        IEnumerable<string> texts => Escape(string.Join(", ", texts)),
        _ => throw new ArgumentException($"A cell cannot be a {cell.GetType()}.", nameof(cell)),
    };

    /// <summary>Names come from others: their control characters must not move the cursor or forge a line.</summary>
    internal static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f'))
        {
            return text;
        }

        return string.Concat(text.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }

    private static void Draw(Table table, TextWriter output, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new FixedWidthOutput(output, width) });
        Spectre.Console.Table drawn = new() { Border = TableBorder.Rounded };
        foreach (Column column in table.Columns)
        {
            TableColumn header = new(new Markup(Markup.Escape(column.Title), new Style(decoration: Decoration.Bold)));
            drawn.AddColumn(column.IsNumber ? header.RightAligned() : header);
        }

        foreach (object?[] row in table.Rows)
        {
            drawn.AddRow(row.Select(cell => new Spectre.Console.Text(Text(cell))));
        }

        console.Write(drawn);
    }

    private static void WritePlain(Table table, TextWriter output)
    {
        List<string[]> lines = [[.. table.Columns.Select(static c => c.Title.ToUpperInvariant())]];
        lines.AddRange(table.Rows.Select(static row => row.Select(Text).ToArray()));
        int[] widths = [.. Enumerable.Range(0, table.Columns.Count).Select(i => lines.Max(line => line[i].Length))];
        foreach (string[] line in lines)
        {
            string text = string.Concat(line.Select((cell, i) =>
                (table.Columns[i].IsNumber ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])).PadRight(widths[i] + Gap)));
            output.WriteLine(text.TrimEnd());
        }
    }

    /// <summary>A writer of known width; Spectre would ask the console of the process, which may be another one.</summary>
    private sealed class FixedWidthOutput(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal => true;

        public int Width { get; } = width;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // The writer's own stays.
        }
    }
}
