using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace StreamFlow.Cli.Options;

/// <summary>Options whose values are looked at where they are given: what is wrong with one is said in a sentence that names it and the remedy.</summary>
internal static class Values
{
    private const string DurationForm = "a time such as 500ms, 30s, 5m, 2h or 7d, or milliseconds";

    public static Option<int?> Number(string name, int least, int most, string description, string helpName = "number") => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => (int?)Number(result, name, least, most),
    };

    public static Option<long?> LongNumber(string name, long least, long most, string description, string helpName = "number") => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => Number(result, name, least, most),
    };

    public static Option<TimeSpan> Duration(string name, TimeSpan @default, string description, bool isRecursive = false) =>
        Duration(new DefaultedOption<TimeSpan>(name, @default) { Description = $"{description} (default: {Text(@default)})", Recursive = isRecursive });

    /// <summary>One that means nothing unless it is given.</summary>
    public static Option<TimeSpan> Duration(string name, string description) => Duration(new Option<TimeSpan>(name) { Description = description });

    /// <summary>One of some words.</summary>
    public static Option<string?> Word(string name, string[] words, string description, string? helpName = null) => new(name)
    {
        Description = description,
        HelpName = helpName ?? string.Join('|', words),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (words.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known)
            {
                return known;
            }

            result.AddError($"{name} is '{text}'; give {string.Join(", ", words[..^1])} or {words[^1]}.");
            return null;
        },
    };

    /// <summary>May be repeated; each value is a name and what belongs to it, as <c>name=value</c>.</summary>
    public static Option<List<KeyValuePair<string, string>>> Pairs(string name, string description, string helpName = "name=value", char separator = '=') =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.OneOrMore,
            DefaultValueFactory = static _ => [],
            CustomParser = result => [.. result.Tokens.Select(token => Pair(result, name, token.Value, separator))],
        };

    /// <summary>May be repeated; each value may also be a list with commas.</summary>
    public static Option<string[]> Names(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = static _ => [],
        CustomParser = static result =>
            [.. result.Tokens.SelectMany(static t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };

    /// <summary>May be repeated; each value, which may also be a list with commas, is one of some words.</summary>
    public static Option<string[]> Words(string name, string[] words, string description, string helpName)
    {
        Option<string[]> option = Names(name, $"{description}: {string.Join(", ", words)}", helpName);
        option.Validators.Add(result =>
        {
            foreach (string text in result.GetValueOrDefault<string[]>().Where(text => !words.Contains(text, StringComparer.OrdinalIgnoreCase)))
            {
                result.AddError($"{name} is '{text}'; give {string.Join(", ", words[..^1])} or {words[^1]}.");
            }
        });
        return option;
    }

    /// <summary>A point in time, as milliseconds since 1970.</summary>
    public static Option<long?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryTime(text, out long milliseconds))
            {
                return milliseconds;
            }

            result.AddError($"{name} is '{text}'; give a date as 2026-11-28T12:00:00Z, or milliseconds since 1970.");
            return null;
        },
    };

    /// <summary>Reads <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>7d</c>, a number of milliseconds, or ISO 8601 as Kafka's tools do.</summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        value = default;
        if (text.StartsWith('P'))
        {
            return TryIsoDuration(text, out value);
        }

        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        (string number, string unit) = digits < 0 ? (text, "ms") : (text[..digits], text[digits..]);
        double factor = unit switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => 0 };
        if (factor == 0 || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || count * factor > TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return false;
        }

        value = TimeSpan.FromMilliseconds(count * factor);
        return true;
    }

    /// <summary>Reads ISO 8601 with or without an offset (without one it is UTC), or milliseconds since 1970.</summary>
    public static bool TryTime(string text, out long milliseconds)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds))
        {
            return true;
        }

        bool isDate = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time);
        milliseconds = time.ToUnixTimeMilliseconds();
        return isDate && text.Contains('-', StringComparison.Ordinal);
    }

    public static string Text(TimeSpan time) => time switch
    {
        { Ticks: 0 } => "0",
        _ when time.TotalMilliseconds % 86_400_000 == 0 => Invariant($"{time.TotalDays}d"),
        _ when time.TotalMilliseconds % 3_600_000 == 0 => Invariant($"{time.TotalHours}h"),
        _ when time.TotalMilliseconds % 60_000 == 0 => Invariant($"{time.TotalMinutes}m"),
        _ when time.TotalMilliseconds % 1000 == 0 => Invariant($"{time.TotalSeconds}s"),
        _ => Invariant($"{time.TotalMilliseconds}ms"),
    };

    public static long? Number(ArgumentResult result, string name, long least, long most)
    {
        string text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most)
        {
            return value;
        }

        result.AddError(most == long.MaxValue || most == int.MaxValue
            ? Invariant($"{name} is '{text}'; give a whole number of at least {least}.")
            : Invariant($"{name} is '{text}'; give a whole number from {least} to {most}."));
        return null;
    }

    private static Option<TimeSpan> Duration(Option<TimeSpan> option)
    {
        option.HelpName = "time";
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryDuration(text, out TimeSpan value))
            {
                return value;
            }

            result.AddError($"{option.Name} is '{text}'; give {DurationForm}.");
            return default;
        };
        return option;
    }

    private static KeyValuePair<string, string> Pair(ArgumentResult result, string name, string text, char separator)
    {
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        if (at > 0)
        {
            return new(text[..at], text[(at + 1)..]);
        }

        result.AddError($"{name} is '{text}'; give a name and its value as name{separator}value.");
        return default;
    }

    private static bool TryIsoDuration(string text, out TimeSpan value)
    {
        try
        {
            value = System.Xml.XmlConvert.ToTimeSpan(text);
            return value >= TimeSpan.Zero;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            value = default;
            return false;
        }
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
