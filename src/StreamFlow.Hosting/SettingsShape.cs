using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Hosting;

/// <summary>
/// Which keys a section of the configuration may have: the properties of an options type. The binder reads them; this is to
/// say of all keys at once, and in our own words, what it could not read.
/// </summary>
internal sealed class SettingsShape
{
    private SettingsShape()
    {
    }

    /// <summary>Settings of one application, <c>StreamFlow:{name}</c>.</summary>
    public static SettingsShape Application { get; } = Of<StreamFlowHostOptions>()
        .With(nameof(StreamFlowHostOptions.Streams), Of<StreamFlowOptions>())
        .With(nameof(StreamFlowHostOptions.Client), AnyText)
        .With(nameof(StreamFlowHostOptions.Consumer), AnyText)
        .With(nameof(StreamFlowHostOptions.Producer), AnyText);

    /// <summary>Settings of the stores on disk, <c>StreamFlow:RocksDb</c>.</summary>
    public static SettingsShape Stores { get; } = Of<State.RocksDbOptions>()
        .With(nameof(State.RocksDbOptions.Stores), new SettingsShape { Each = Of<State.RocksDbStoreOptions>() });

    /// <summary>Keys that have a value, and its type.</summary>
    public SortedDictionary<string, Type> Values { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Keys that have keys below them.</summary>
    public SortedDictionary<string, SettingsShape> Sections { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Properties that are functions, which no configuration can give.</summary>
    public HashSet<string> Functions { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Of a section whose keys are names that the user gives: what is below each; null where they are known.</summary>
    public SettingsShape? Each { get; private init; }

    /// <summary>Whether the keys are names that the user gives and their values any text.</summary>
    public bool IsText { get; private init; }

    /// <summary>Every key of it and of the sections in it, as <c>Streams:CommitInterval</c>.</summary>
    /// <param name="prefix">What comes before each.</param>
    public IEnumerable<string> Places(string prefix = "") =>
        Values.Keys.Concat(Sections.Keys).Select(name => prefix + name)
            .Concat(Sections.SelectMany(s => s.Value.Places($"{prefix}{s.Key}:")));

    /// <summary>Where a key of that name stands, in whatever case it is written; null where there is none.</summary>
    public string? PlaceOf(string name) =>
        Places().FirstOrDefault(place => LastOf(place).Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The key itself of a place.</summary>
    public static string LastOf(string place) => place[(place.LastIndexOf(':') + 1)..];

    private static SettingsShape AnyText => new() { IsText = true };

    private static SettingsShape Of<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>()
    {
        var shape = new SettingsShape();
        foreach (var property in typeof(T).GetProperties().Where(p => p.SetMethod is { IsPublic: true }))
        {
            if (typeof(Delegate).IsAssignableFrom(property.PropertyType))
            {
                shape.Functions.Add(property.Name);
            }
            else
            {
                shape.Values.Add(property.Name, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
            }
        }

        return shape;
    }

    private SettingsShape With(string name, SettingsShape section)
    {
        Values.Remove(name);
        Sections.Add(name, section);
        return this;
    }
}
