using System.Text.Json;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Serving;

/// <summary>
/// A broker's configuration file: a JSON object whose properties are the options of <c>streamflow broker</c> without dashes, or Apache
/// Kafka's names of the same settings. Comments and trailing commas are allowed, since people write it.
/// </summary>
internal static class BrokerFile
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The settings of the file in their order.</summary>
    /// <exception cref="CommandException">It cannot be read, is no JSON, or has a property that is no setting.</exception>
    public static List<(string Name, SettingValue Value)> Read(string path, IReadOnlyCollection<string> known)
    {
        using JsonDocument document = Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new CommandException($"The configuration file {path} is no JSON object; write {{ \"port\": 9092, \"data\": \"./data\" }}.", ExitCode.Usage);
        }

        List<(string, SettingValue)> settings = [];
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = BrokerSettings.Find(property.Name)?.Name ?? property.Name;
            if (!known.Contains(name))
            {
                throw new CommandException(
                    $"The configuration file {path} has '{property.Name}', which is no setting; there are {string.Join(", ", known)}.", ExitCode.Usage);
            }

            string place = $"'{property.Name}' in {path}";
            settings.AddRange(Texts(property.Value, place).Select(text => (name, new SettingValue(text, place))));
        }

        return settings;
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The configuration file {path} is no JSON: {exception.Message}", ExitCode.Usage, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The configuration file {path} cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }
    }

    private static IEnumerable<string> Texts(JsonElement value, string place) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number => [value.GetRawText()],
        JsonValueKind.True => ["true"],
        JsonValueKind.False => ["false"],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(each => Texts(each, place)),
        _ => throw new CommandException($"{place} is {value.GetRawText()}; give a text, a number, true, false or a list of these.", ExitCode.Usage),
    };
}
