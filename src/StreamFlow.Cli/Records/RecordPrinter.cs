using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Records;

/// <summary>Writes records as lines of text, or each as a JSON object.</summary>
internal sealed class RecordPrinter(Terminal terminal, RecordPrinter.Columns columns, ValueFormat keys, ValueFormat values, string separator, bool isJson)
{
    /// <summary>What a line has beside the value.</summary>
    internal readonly record struct Columns(bool Place, bool Time, bool Keys, bool Headers);

    public void Print(FetchedRecord record)
    {
        if (isJson)
        {
            TableJson.Write(terminal, isIndented: false, json => WriteJson(json, record));
            return;
        }

        List<string> parts = [];
        if (columns.Place)
        {
            parts.Add(FormattableString.Invariant($"{record.Partition}@{record.Offset}"));
        }

        if (columns.Time)
        {
            parts.Add(Date(record.Timestamp));
        }

        if (columns.Keys)
        {
            parts.Add(record.Key is null ? "-" : keys.Read(record.Key));
        }

        if (columns.Headers)
        {
            parts.Add(string.Join(',', RecordHeader.Decode(record.Headers).Select(static h => $"{h.Name}={Text(h.Value)}")));
        }

        parts.Add(record.Value is null ? "(deleted)" : values.Read(record.Value));
        string line = string.Join(separator, parts);
        // A terminal obeys what a record says; a file or a pipe gets it as it is.
        terminal.Out.WriteLine(terminal.Width is null ? line : Visible(line));
    }

    private void WriteJson(Utf8JsonWriter json, FetchedRecord record)
    {
        json.WriteStartObject();
        json.WriteString("topic", record.Partition.Topic);
        json.WriteNumber("partition", record.Partition.Partition);
        json.WriteNumber("offset", record.Offset);
        json.WriteNumber("timestamp", record.Timestamp);
        json.WriteString("key", record.Key is null ? null : keys.Read(record.Key));
        json.WriteString("value", record.Value is null ? null : values.Read(record.Value));
        json.WriteStartObject("headers");
        foreach (RecordHeader header in RecordHeader.Decode(record.Headers))
        {
            json.WriteString(header.Name, header.Value is null ? null : Text(header.Value));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A record may have any time, also one that no calendar has.</summary>
    private static string Date(long milliseconds) => milliseconds is >= -62_135_596_800_000 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : milliseconds.ToString(CultureInfo.InvariantCulture);

    private static string Text(byte[]? bytes) => bytes is null ? "" : Encoding.UTF8.GetString(bytes);

    private static string Visible(string line) => string.Concat(line.Select(static c => char.IsControl(c) && c is not '\t' and not '\n' ? $"\\u{(int)c:x4}" : c.ToString()));

    /// <summary>The options.</summary>
    internal sealed class Switches
    {
        private readonly Option<bool> _keys = new("--keys") { Description = "With the key of each" };
        private readonly Option<bool> _headers = new("--headers") { Description = "With the headers of each" };
        private readonly Option<bool> _times = new("--timestamps") { Description = "With the time of each" };
        private readonly Option<bool> _all = new("--all") { Description = "With place, time, key and headers of each" };
        private readonly Option<ValueFormat> _keyFormat = Formats.Option("--key-format", "What keys are");
        private readonly Option<ValueFormat> _valueFormat = Formats.Option("--value-format", "What values are");
        private readonly Option<string?> _separator = new("--separator") { Description = "What stands between the parts of a line (default: a tab)", HelpName = "text" };

        public IEnumerable<Option> All => [_keys, _headers, _times, _all, _keyFormat, _valueFormat, _separator];

        public RecordPrinter Read(CommandContext context)
        {
            bool isAll = context.Get(_all);
            Columns columns = new(isAll, isAll || context.Get(_times), isAll || context.Get(_keys), isAll || context.Get(_headers));
            return new RecordPrinter(context.Terminal, columns, context.Get(_keyFormat)!, context.Get(_valueFormat)!, context.Get(_separator) ?? "\t", context.IsJson);
        }
    }
}
