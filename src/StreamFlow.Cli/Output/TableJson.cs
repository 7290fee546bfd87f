using System.Text.Encodings.Web;
using System.Text.Json;

namespace StreamFlow.Cli.Output;

/// <summary>A table as a JSON array of objects, one per row, whose properties are the columns' names in their order.</summary>
internal static class TableJson
{
    /// <summary>People read it in a terminal, not in a page of HTML: only what JSON itself asks for is escaped.</summary>
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Table table, Terminal terminal) => Write(terminal, isIndented: true, json =>
    {
        json.WriteStartArray();
        foreach (object?[] row in table.Rows)
        {
            json.WriteStartObject();
            for (int i = 0; i < row.Length; i++)
            {
                json.WritePropertyName(table.Columns[i].Name);
                WriteCell(json, row[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Writes one JSON value and ends the line.</summary>
    public static void Write(Terminal terminal, bool isIndented, Action<Utf8JsonWriter> write)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, isIndented ? Indented : OneLine))
        {
            write(json);
        }

        terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public static void WriteCell(Utf8JsonWriter json, object? cell)
    {
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool value: json.WriteBooleanValue(value); break;
            case int value: json.WriteNumberValue(value); break;
            case long value: json.WriteNumberValue(value); break;
            case double value: json.WriteNumberValue(Math.Round(value, 3)); break;
            case IEnumerable<int> numbers: WriteList(json, numbers.Cast<object?>()); break;
            case IEnumerable<string> texts: WriteList(json, texts); break;
            default: throw new ArgumentException($"A cell cannot be a {cell.GetType()}.", nameof(cell));
        }
    }

    private static void WriteList(Utf8JsonWriter json, IEnumerable<object?> cells)
    {
        json.WriteStartArray();
        foreach (object? cell in cells)
        {
            WriteCell(json, cell);
        }

        json.WriteEndArray();
    }
}
