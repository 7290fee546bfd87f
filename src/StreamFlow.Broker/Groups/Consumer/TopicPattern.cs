using System.Text;
using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// The pattern of a subscription, in the syntax of RE2 as KIP-848 says. .NET's engine without backtracking takes time in
/// proportion to the input as RE2 does and refuses what RE2 refuses, look-around and back references; what the two write
/// differently is written anew here.
/// </summary>
internal sealed class TopicPattern
{
    /// <summary>Topic names are short and the engine is linear; this is for what nobody foresaw.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private static readonly (string Posix, string Net)[] Classes =
    [
        ("[:alnum:]", "0-9A-Za-z"), ("[:alpha:]", "A-Za-z"), ("[:ascii:]", @"\x00-\x7F"), ("[:blank:]", @"\t "),
        ("[:cntrl:]", @"\x00-\x1F\x7F"), ("[:digit:]", "0-9"), ("[:graph:]", "!-~"), ("[:lower:]", "a-z"),
        ("[:print:]", " -~"), ("[:punct:]", @"!-/:-@\[-`{-~"), ("[:space:]", @"\t\n\v\f\r "), ("[:upper:]", "A-Z"),
        ("[:word:]", "0-9A-Za-z_"), ("[:xdigit:]", "0-9A-Fa-f"),
    ];

    private readonly Regex _regex;

    private TopicPattern(Regex regex) => _regex = regex;

    /// <summary>Reads a pattern; on failure <paramref name="error"/> says what is wrong with it.</summary>
    public static TopicPattern? TryParse(string pattern, out string error)
    {
        error = "";
        try
        {
            string translated = Translate(pattern);

            // By itself first: a parenthesis too many must not close the one that is put around it.
            _ = Create(translated);
            return new TopicPattern(Create($@"\A(?:{translated})\z"));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            error = e.Message;
            return null;
        }
    }

    /// <summary>The names that match as a whole, sorted.</summary>
    /// <exception cref="RegexMatchTimeoutException">Matching took longer than it can.</exception>
    public IReadOnlyList<string> Match(IEnumerable<string> names) =>
        [.. names.Where(name => _regex.IsMatch(name)).Order(StringComparer.Ordinal)];

    private static Regex Create(string pattern) =>
        new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Timeout);

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length);

        // Where the class began that the reader is in: a bracket that closes right there is one of its characters.
        int classStart = -1;
        for (int i = 0; i < pattern.Length; i++)
        {
            string rest = pattern[i..];
            if (rest.StartsWith(@"\Q", StringComparison.Ordinal))
            {
                i = AppendQuoted(result, pattern, i + 2) + 1;
            }
            else if (pattern[i] == '\\' && i + 1 < pattern.Length)
            {
                result.Append(pattern, i++, 2);
            }
            else if (classStart >= 0 && Array.Find(Classes, x => rest.StartsWith(x.Posix, StringComparison.Ordinal)) is { Posix: { } posix } found)
            {
                result.Append(found.Net);
                i += posix.Length - 1;
            }
            else if (classStart < 0 && rest.StartsWith("(?P<", StringComparison.Ordinal))
            {
                result.Append("(?<");
                i += 3;
            }
            else
            {
                // What .NET would read as the subtraction of a class is a plain bracket in RE2.
                bool isPlainBracket = classStart >= 0 && pattern[i] == '[';
                result.Append(isPlainBracket ? @"\[" : pattern[i].ToString());
                classStart = ClassStart(pattern, i, classStart);
            }
        }

        return result.ToString();
    }

    /// <summary>Appends what is quoted from a place on, and answers where it ends.</summary>
    private static int AppendQuoted(StringBuilder result, string pattern, int from)
    {
        int end = pattern.IndexOf(@"\E", from, StringComparison.Ordinal);
        end = end < 0 ? pattern.Length : end;
        result.Append(Regex.Escape(pattern[from..end]));
        return end;
    }

    private static int ClassStart(string pattern, int at, int classStart)
    {
        if (classStart < 0)
        {
            return pattern[at] != '[' ? -1 : at + 1 < pattern.Length && pattern[at + 1] == '^' ? at + 2 : at + 1;
        }

        return pattern[at] == ']' && at > classStart ? -1 : classStart;
    }
}
