using System.Globalization;

namespace StreamFlow.Benchmarks;

/// <summary>The command line: <c>--name value</c>, or <c>--name</c> alone for a switch.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Options(IEnumerable<string> args)
    {
        string? name = null;
        foreach (var arg in args)
        {
            if (arg.StartsWith("--", StringComparison.Ordinal))
            {
                name = arg[2..];
                _values[name] = "true";
            }
            else
            {
                _values[name ?? throw new ArgumentException($"Expected --name, found '{arg}'.")] = arg;
                name = null;
            }
        }
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string Get(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public string Need(string name) =>
        _values.TryGetValue(name, out var value) ? value : throw new ArgumentException($"Option --{name} is missing.");

    public long Number(string name, long otherwise) =>
        _values.TryGetValue(name, out var value)
            ? long.Parse(value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
            : otherwise;

    /// <summary>Pairs given as <c>name=value,name=value</c>.</summary>
    public Dictionary<string, string> Pairs(string name) =>
        Get(name, "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
