using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamFlow.Serialization;

/// <summary>
/// How JSON is read and written where nobody says: reading takes names in any case and numbers as text, as the web's defaults do.
/// Writing keeps the names of the type: bytes in topics and stores must not change with a release.
/// </summary>
internal static class JsonDefaults
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNameCaseInsensitive = true,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };
}
