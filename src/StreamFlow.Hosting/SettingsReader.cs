using System.Globalization;
using Microsoft.Extensions.Configuration;
using StreamFlow.Kafka.Common;

namespace StreamFlow.Hosting;

/// <summary>
/// Looks at every key of a section before it is bound: .NET's binder ends at the first it cannot read, and tells it in words
/// about itself. What is wrong is listed, what is right is handed to the binder, so that the checks of values see it.
/// </summary>
internal sealed class SettingsReader
{
    private readonly IConfigurationSection _root;
    private readonly SettingsShape _shape;
    private readonly List<string> _complaints = [];
    private readonly List<string> _leftOut = [];
    private readonly Dictionary<string, string?> _readable = new(StringComparer.OrdinalIgnoreCase);

    private SettingsReader(IConfigurationSection root, SettingsShape shape)
    {
        _root = root;
        _shape = shape;
    }

    /// <summary>Looks at the section.</summary>
    public static SettingsReader Read(IConfigurationSection section, SettingsShape shape)
    {
        var reader = new SettingsReader(section, shape);
        reader.Read(section, shape, string.Empty);
        return reader;
    }

    /// <summary>What is wrong: each key, its value, and what to do.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Names of settings whose value is not what it may be; they are at their defaults, which nobody chose.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>The section without what is wrong.</summary>
    public IConfiguration Readable => new ConfigurationBuilder().AddInMemoryCollection(_readable).Build();

    private void Read(IConfigurationSection section, SettingsShape shape, string below)
    {
        foreach (var child in section.GetChildren())
        {
            var key = below + child.Key;
            if (shape.Each is { } each)
            {
                ReadSection(child, each, key);
            }
            else if (shape.Sections.TryGetValue(child.Key, out var inner))
            {
                ReadSection(child, inner, key);
            }
            else if (shape.IsText)
            {
                ReadText(child, key);
            }
            else if (shape.Values.TryGetValue(child.Key, out var type))
            {
                ReadValue(child, type, key);
            }
            else
            {
                Unknown(child, shape, key);
            }
        }
    }

    private void ReadSection(IConfigurationSection child, SettingsShape shape, string key)
    {
        if (child.Value is { Length: > 0 } text)
        {
            _complaints.Add($"'{child.Path}' is '{text}'; it has settings below it, and no value of its own.");
            return;
        }

        Read(child, shape, key + ConfigurationPath.KeyDelimiter);
    }

    /// <summary>A name of librdkafka's; one of ours stands in the wrong place, where librdkafka would not know it.</summary>
    private void ReadText(IConfigurationSection child, string key)
    {
        if (_shape.PlaceOf(child.Key) is { } place)
        {
            _complaints.Add($"'{child.Path}' is no setting of the client. Did you mean '{_root.Path}:{place}'?");
        }
        else if (child.GetChildren().Any(c => !int.TryParse(c.Key, CultureInfo.InvariantCulture, out _)))
        {
            var names = string.Join(", ", Spelled(child, child.Key).Select(name => $"'{name}'"));
            _complaints.Add($"'{child.Path}' has settings below it; names of client settings have points in them. Write {names}.");
        }
        else
        {
            ReadValue(child, typeof(string), key);
        }
    }

    /// <summary>The names that sections in one another were meant to spell.</summary>
    private static IEnumerable<string> Spelled(IConfigurationSection section, string name) =>
        section.GetChildren().Any() ? section.GetChildren().SelectMany(c => Spelled(c, $"{name}.{c.Key}")) : [name];

    private void ReadValue(IConfigurationSection child, Type type, string key)
    {
        if (child.GetChildren().Any())
        {
            Complain(child, $"'{child.Path}' is a list or a section; give it one value: {AsOne(child, type)}.");
        }
        else if (child.Value is { } text && !SettingText.IsReadable(text, type))
        {
            Complain(child, SettingText.Complaint(child.Path, text, type));
        }
        else if (child.Value is not null)
        {
            _readable[key] = child.Value;
        }
    }

    private void Complain(IConfigurationSection child, string complaint)
    {
        _complaints.Add(complaint);

        // As the type spells it, so that complaints about other settings that name it are recognised.
        _leftOut.Add(_shape.PlaceOf(child.Key) is { } place ? SettingsShape.LastOf(place) : child.Key);
    }

    /// <summary>A list of texts as Kafka writes one; of a client's setting it might be a secret.</summary>
    private string AsOne(IConfigurationSection list, Type type)
    {
        var items = list.GetChildren().ToList();
        return type == typeof(string) && _shape.PlaceOf(list.Key) is not null
            && items.TrueForAll(i => int.TryParse(i.Key, CultureInfo.InvariantCulture, out _) && i.Value is not null)
            ? $"\"{string.Join(',', items.Select(i => i.Value))}\""
            : SettingText.Allowed(type);
    }

    private void Unknown(IConfigurationSection child, SettingsShape shape, string key)
    {
        if (shape.Functions.Contains(child.Key))
        {
            _complaints.Add($"'{child.Path}' is a function, which configuration cannot give: set it in code.");
            return;
        }

        // Written as Kafka Streams writes it, as num.stream.threads or commit.interval.ms.
        var prefix = key[..^child.Key.Length];
        var name = WithoutMarks(child.Key);
        if ((shape.PlaceOf(name) is { } inner ? prefix + inner : _shape.PlaceOf(name)) is { } place)
        {
            _complaints.Add($"'{child.Path}' is no setting. Did you mean '{_root.Path}:{place}'?");
            return;
        }

        // None of ours has a point in it; all of librdkafka's that are often set do.
        if (_shape.Sections.Any(s => s.Value.IsText) && child.Key.Contains('.', StringComparison.Ordinal))
        {
            var places = _shape.Sections.Where(s => s.Value.IsText).Select(s => $"'{_root.Path}:{s.Key}'");
            _complaints.Add($"'{child.Path}' is no setting here; those of Kafka's clients stand below {string.Join(" or ", places)}.");
            return;
        }

        // Where it stands first: of two equally near names that of this section is meant.
        var known = shape.Places(prefix).Concat(_shape.Places()).ToList();
        var nearest = NearestName.Of(child.Key, known.Select(SettingsShape.LastOf));
        _complaints.Add(nearest is null
            ? $"'{child.Path}' is no setting. Remove it; there are {string.Join(", ", shape.Values.Keys.Concat(shape.Sections.Keys))}."
            : $"'{child.Path}' is no setting. Did you mean '{_root.Path}:{known.First(place => SettingsShape.LastOf(place) == nearest)}'?");
    }

    private static string WithoutMarks(string name)
    {
        var letters = string.Concat(name.Where(char.IsLetterOrDigit));
        return name.EndsWith(".ms", StringComparison.OrdinalIgnoreCase) ? letters[..^2] : letters;
    }
}
