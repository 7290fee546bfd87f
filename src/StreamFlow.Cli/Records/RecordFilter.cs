using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.Cli.Options;

namespace StreamFlow.Cli.Records;

/// <summary>Which records are shown.</summary>
internal sealed class RecordFilter(string? key, string? value, IReadOnlyList<KeyValuePair<string, string>> headers, Regex? pattern)
{
    private readonly byte[]? _key = key is null ? null : Encoding.UTF8.GetBytes(key);
    private readonly byte[]? _value = value is null ? null : Encoding.UTF8.GetBytes(value);

    public bool Takes(FetchedRecord record) =>
        Has(record.Key, _key) && Has(record.Value, _value)
        && (headers.Count == 0 || HasHeaders(RecordHeader.Decode(record.Headers)))
        && (pattern is null || (record.Value is { } bytes && pattern.IsMatch(Encoding.UTF8.GetString(bytes))));

    private static bool Has(byte[]? bytes, byte[]? wanted) => wanted is null || (bytes is not null && bytes.AsSpan().IndexOf(wanted) >= 0);

    private bool HasHeaders(List<RecordHeader> present) =>
        headers.All(wanted => present.Exists(h => h.Name == wanted.Key && h.Value is { } bytes && Encoding.UTF8.GetString(bytes) == wanted.Value));

    /// <summary>The options.</summary>
    internal sealed class Switches
    {
        private readonly Option<string?> _key = new("--filter-key") { Description = "Only records with this text in the key", HelpName = "text" };
        private readonly Option<string?> _value = new("--filter-value") { Description = "Only records with this text in the value", HelpName = "text" };
        private readonly Option<List<KeyValuePair<string, string>>> _headers = Values.Pairs("--filter-header", "Only records with this header; may be repeated");
        private readonly Option<Regex?> _match = new("--match")
        {
            Description = "Only records whose value matches this regular expression",
            HelpName = "pattern",
            CustomParser = static result =>
            {
                try
                {
                    return new Regex(result.Tokens[0].Value, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
                }
                catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
                {
                    result.AddError($"--match is '{result.Tokens[0].Value}', which is no regular expression: {exception.Message}");
                    return null;
                }
            },
        };

        public IEnumerable<Option> All => [_key, _value, _headers, _match];

        public RecordFilter Read(CommandContext context) => new(context.Get(_key), context.Get(_value), context.Get(_headers)!, context.Get(_match));
    }
}
