using System.Globalization;
using System.Text;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Results as texts, as RandomPrograms.java writes them.</summary>
internal static class ProgramText
{
    public static string Of(string topic, string? key, string? value, long time, Headers? headers)
    {
        var texts = string.Concat((headers ?? Headers.Empty).Select(h => Encoding.UTF8.GetString(h.Value!)));
        return string.Create(
            CultureInfo.InvariantCulture, $"{topic}|{key ?? "_"}|{value ?? "_"}|{time}|{(texts.Length == 0 ? "_" : texts)}");
    }
}
