using System.Globalization;
using System.Text;

namespace StreamFlow;

/// <summary>Times as messages print them.</summary>
internal static class Durations
{
    /// <summary>A time in its units, as <c>14 ms</c>, <c>1 min 30 s</c>, <c>2 d 3 h</c>.</summary>
    public static string Text(TimeSpan time)
    {
        if (time == TimeSpan.Zero)
        {
            return "0 ms";
        }

        var text = new StringBuilder(time < TimeSpan.Zero ? "-" : string.Empty);
        Add(text, Math.Abs((long)time.Days), "d");
        Add(text, Math.Abs(time.Hours), "h");
        Add(text, Math.Abs(time.Minutes), "min");
        Add(text, Math.Abs(time.Seconds), "s");
        Add(text, Math.Abs(time.Ticks % TimeSpan.TicksPerSecond) / (decimal)TimeSpan.TicksPerMillisecond, "ms");
        return text.ToString();
    }

    private static void Add(StringBuilder text, decimal number, string unit)
    {
        if (number != 0)
        {
            text.Append(text.Length > 0 && text[^1] != '-' ? " " : string.Empty)
                .Append(number.ToString("0.####", CultureInfo.InvariantCulture))
                .Append(' ')
                .Append(unit);
        }
    }
}
