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
                ReadValue(child, typeof(string), key);
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
            Complain(child, $"'{child.Path}' is '{text}'; it has settings below it, and no value of its own.");
            return;
        }

        Read(child, shape, key + ConfigurationPath.KeyDelimiter);
    }

    private void ReadValue(IConfigurationSection child, Type type, string key)
    {
        if (child.GetChildren().Any())
        {
            Complain(child, $"'{child.Path}' is a list or a section; give it one value: {Allowed(type)}.");
        }
        else if (child.Value is { } text && !IsReadable(text, type))
        {
            Complain(child, Complaint(child.Path, text, type));
        }
        else if (child.Value is not null)
        {
            _readable[key] = child.Value;
        }
    }

    private void Complain(IConfigurationSection child, string complaint)
    {
        _complaints.Add(complaint);
        _leftOut.Add(child.Key);
    }

    private static string Complaint(string path, string text, Type type) =>
        type == typeof(TimeSpan) && IsNumber(text)
            ? $"'{path}' is '{text}', which would be {text} days to .NET; for {text} seconds write "
                + $"\"{SecondsOf(text)}\" (hours:minutes:seconds)."
            : $"'{path}' is '{text}'; set it to {Allowed(type)}.";

    private static string SecondsOf(string number) =>
        double.TryParse(number, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < TimeSpan.SecondsPerDay
            ? TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture)
            : "00:00:05";

    private static bool IsReadable(string text, Type type) => type switch
    {
        _ when type == typeof(string) => true,
        _ when type == typeof(bool) => bool.TryParse(text, out _),
        _ when type == typeof(short) => short.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(int) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(long) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ when type == typeof(TimeSpan) =>
            TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && (time == TimeSpan.Zero || !IsNumber(text)),
        _ => Enum.TryParse(type, text, ignoreCase: true, out _),
    };

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string Allowed(Type type) => type switch
    {
        _ when type == typeof(string) => "a text",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(short) => $"a whole number from {short.MinValue} to {short.MaxValue}",
        _ when type == typeof(int) => $"a whole number from {int.MinValue} to {int.MaxValue}",
        _ when type == typeof(long) => "a whole number",
        _ when type == typeof(TimeSpan) => "a time as hours:minutes:seconds, such as \"00:00:05\" for five seconds",
        _ => string.Join(" or ", Enum.GetNames(type)),
    };

    private void Unknown(IConfigurationSection child, SettingsShape shape, string key)
    {
        if (shape.Functions.Contains(child.Key))
        {
            _complaints.Add($"'{child.Path}' is a function, which configuration cannot give: set it in code.");
            return;
        }

        // Where it stands first: of two equally near names that of this section is meant.
        var prefix = key[..^child.Key.Length];
        var places = Keys(shape, prefix).Concat(Keys(_shape, string.Empty)).ToList();
        var nearest = NearestName.Of(child.Key, places.Select(LastOf));
        _complaints.Add(nearest is null
            ? $"'{child.Path}' is no setting. Remove it; there are {string.Join(", ", shape.Values.Keys.Concat(shape.Sections.Keys))}."
            : $"'{child.Path}' is no setting. Did you mean '{_root.Path}:{places.First(place => LastOf(place) == nearest)}'?");
    }

    private static string LastOf(string place) => place[(place.LastIndexOf(':') + 1)..];

    private static IEnumerable<string> Keys(SettingsShape shape, string prefix) =>
        shape.Values.Keys.Concat(shape.Sections.Keys).Select(name => prefix + name)
            .Concat(shape.Sections.SelectMany(s => Keys(s.Value, $"{prefix}{s.Key}:")));
}
