using System.Collections.Frozen;
using StreamFlow.RocksDb.Interop;

namespace StreamFlow.RocksDb;

/// <summary>
/// Settings in RocksDB's syntax, <c>name=value;name={name=value;...}</c>, as users write them. RocksDB is asked for each one
/// by itself, so that the error can name it; what it would take but the stores cannot bear is refused before.
/// </summary>
internal static class OptionString
{
    private const string Tables = "block_based_table_factory";
    private const string Order = "stores are read in the order of their keys' bytes";
    private const string Loss = "it would drop entries that the changelog still has";
    private const string Format = "stores use block based tables: set " + Tables + "={...}";
    private const string OneCache = "all stores share one cache: set BlockCacheBytes";
    private const string NoPair = "it is no pair of name=value";
    private const string Opening = "databases are opened, or made where there is none";

    private static readonly FrozenDictionary<string, string> Refused = new Dictionary<string, string>
    {
        ["block_cache"] = OneCache,
        ["db_write_buffer_size"] = "all stores share one budget: set WriteBufferBytes",
        ["row_cache"] = OneCache,
        ["env"] = "state lies on disk, in the state directory",
        ["comparator"] = Order,
        ["prefix_extractor"] = Order,
        ["memtable_factory"] = Order,
        ["inplace_update_support"] = "iterators would see later writes",
        ["merge_operator"] = "stores write no merges",
        ["compaction_filter"] = Loss,
        ["compaction_filter_factory"] = Loss,
        ["table_factory"] = Format,
        ["plain_table_factory"] = Format,
        ["create_if_missing"] = Opening,
        ["create_missing_column_families"] = Opening,
        ["error_if_exists"] = Opening,
    }.ToFrozenDictionary();

    /// <summary>The settings with those of a user on top.</summary>
    /// <param name="options">The settings; closed if there are any on top.</param>
    /// <param name="text">What the user wrote.</param>
    /// <param name="where">Where the user wrote it, for the errors.</param>
    /// <param name="ofStore">Whether they are of one store, which shares its database with others.</param>
    /// <param name="errors">Gets what is refused, with the remedy.</param>
    public static OptionsHandle Apply(OptionsHandle options, string text, string where, bool ofStore, List<string> errors)
    {
        foreach (var (name, value) in Parts(text))
        {
            var setting = value is null ? name : $"{name}={value}";
            var error = WhyNot(name, value, ofStore);
            if (error is null && options.TryWith(setting, out error) is { } changed)
            {
                options.Dispose();
                options = changed;
            }
            else
            {
                errors.Add($"{where} has '{setting}', which is refused: {error}.");
            }
        }

        return options;
    }

    private static string? WhyNot(string name, string? value, bool ofStore)
    {
        if (value is null)
        {
            return NoPair;
        }

        // "block_based_table_factory.block_size=..." is another way to say what stands between its braces.
        string[] names = name.Split('.');
        if (name == Tables && Split(value[1..^1]).FirstOrDefault() is { Name: { } inner, Value: var innerValue })
        {
            if (innerValue is null)
            {
                return NoPair;
            }

            names = [inner];
        }

        if (names.FirstOrDefault(Refused.ContainsKey) is { } refused)
        {
            return Refused[refused];
        }

        return (name, value) switch
        {
            ("compaction_style", not ("kCompactionStyleLevel" or "kCompactionStyleUniversal")) =>
                $"{Loss}, or is unknown; there are kCompactionStyleLevel and kCompactionStyleUniversal",
            _ when ofStore && DatabaseSettings.Names.Contains(name) =>
                $"a task's stores share one database, which this concerns as a whole: set it in " +
                $"{nameof(State.RocksDbOptions)}.{nameof(State.RocksDbOptions.Options)}",
            _ => null,
        };
    }

    /// <summary>The settings one by one, those of the table format too.</summary>
    private static IEnumerable<(string Name, string? Value)> Parts(string text)
    {
        foreach (var (name, value) in Split(text))
        {
            if (name == Tables && value is ['{', .. var inner, '}'])
            {
                foreach (var (innerName, innerValue) in Split(inner))
                {
                    yield return (name, innerValue is null ? $"{{{innerName}}}" : $"{{{innerName}={innerValue}}}");
                }
            }
            else
            {
                yield return (name, value);
            }
        }
    }

    /// <summary>The pairs between the semicolons that are outside of braces; the value is null where there is no '='.</summary>
    private static IEnumerable<(string Name, string? Value)> Split(string text)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            var at = i < text.Length ? text[i] : ';';
            depth += at == '{' ? 1 : at == '}' ? -1 : 0;
            if (at == ';' && (depth <= 0 || i == text.Length))
            {
                var pair = text[start..i].Trim();
                var middle = pair.IndexOf('=', StringComparison.Ordinal);
                if (pair.Length > 0)
                {
                    yield return middle < 0 ? (pair, null) : (pair[..middle].Trim(), pair[(middle + 1)..].Trim());
                }

                start = i + 1;
            }
        }
    }
}
