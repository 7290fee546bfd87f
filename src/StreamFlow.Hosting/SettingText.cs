using System.Globalization;

namespace StreamFlow.Hosting;

/// <summary>What a setting may be, by its type, and what is said of a text that is not that.</summary>
internal static class SettingText
{
    public static bool IsReadable(string text, Type type) => type switch
    {
        _ when type == typeof(string) => true,
        _ when type == typeof(bool) => bool.TryParse(text, out _),
        _ when type == typeof(short) => short.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(int) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(long) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(double) => IsNumber(text),
        _ when type == typeof(TimeSpan) =>
            TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time)
            && (time == TimeSpan.Zero || !(IsNumber(text) || HoursTakenForDays(text, time) is not null)),

        // .NET takes several, joined bit by bit, which is a choice that nobody has made.
        _ => !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse(type, text, ignoreCase: true, out _),
    };

    public static string Allowed(Type type) => type switch
    {
        _ when type == typeof(string) => "a text",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(short) => $"a whole number from {short.MinValue} to {short.MaxValue}",
        _ when type == typeof(int) => $"a whole number from {int.MinValue} to {int.MaxValue}",
        _ when type == typeof(long) => "a whole number",
        _ when type == typeof(double) => "a number, such as 0.5",
        _ when type == typeof(TimeSpan) => "a time as hours:minutes:seconds, such as \"00:00:05\" for five seconds",
        _ => string.Join(" or ", Enum.GetNames(type)),
    };

    public static string Complaint(string path, string text, Type type)
    {
        if (type == typeof(TimeSpan) && IsNumber(text))
        {
            return $"'{path}' is '{text}', which would be {text} days to .NET; for {text} seconds write "
                + $"\"{SecondsOf(text)}\" (hours:minutes:seconds).";
        }

        return type == typeof(TimeSpan) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time)
            && HoursTakenForDays(text, time) is { } meant
            ? $"'{path}' is '{text}', which would be {Math.Abs(time.Days)} days to .NET; for {Math.Abs(time.Days)} hours write "
                + $"\"{meant}\" (days.hours:minutes:seconds)."
            : $"'{path}' is '{text}'; set it to {Allowed(type)}.";
    }

    /// <summary>How <c>24:00:00</c> is written, which to .NET are 24 days: more hours than a day has make days of what stands first.</summary>
    private static string? HoursTakenForDays(string text, TimeSpan read)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && read.Days != 0 && int.TryParse(text[..colon], CultureInfo.InvariantCulture, out var hours)
            ? string.Create(CultureInfo.InvariantCulture, $"{hours / 24}.{Math.Abs(hours % 24):00}{text[colon..]}")
            : null;
    }

    private static string SecondsOf(string number) =>
        double.TryParse(number, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < TimeSpan.SecondsPerDay
            ? TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture)
            : "00:00:05";

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
