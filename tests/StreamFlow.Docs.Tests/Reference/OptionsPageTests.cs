using System.Globalization;
using System.Text.RegularExpressions;
using StreamFlow.Broker;
using StreamFlow.Docs.Tests.Pages;
using StreamFlow.State;

namespace StreamFlow.Docs.Tests.Reference;

/// <summary>docs/reference/options.md has every setting, and nothing that is no setting any more.</summary>
public sealed partial class OptionsPageTests
{
    private const string Path = "docs/reference/options.md";

    /// <summary>After a change of the options, <c>eng/options-page.sh</c> writes it anew.</summary>
    [Fact]
    public void Page_is_that_of_the_options()
    {
        var expected = OptionsPage.Write();
        if (Environment.GetEnvironmentVariable("STREAMFLOW_WRITE_OPTIONS") == "1")
        {
            File.WriteAllText(Repository.FullPath(Path), expected);
        }

        Assert.Equal(expected, File.ReadAllText(Repository.FullPath(Path)).ReplaceLineEndings("\n"));
    }

    /// <summary>The comments are written by hand: here they are held against what the types begin with.</summary>
    [Fact]
    public void Defaults_are_those_of_the_code()
    {
        var wrong = new List<string>();
        var compared = 0;
        foreach (var options in new object[] { new StreamFlowOptions(), new EmbeddedBrokerOptions(), new RocksDbOptions() })
        {
            foreach (Match row in Row().Matches(Page.All.Single(page => page.Path == Path).Text))
            {
                if (options.GetType().GetProperty(row.Groups["name"].Value) is { } property && Value(row.Groups["default"].Value) is { } told)
                {
                    compared++;
                    var value = property.GetValue(options);
                    var begins = value is TimeSpan or Enum or bool ? value : Convert.ToInt64(value ?? -1L, CultureInfo.InvariantCulture);
                    wrong.AddRange(Equals(begins, told) || begins?.ToString() == told.ToString() ? [] : [$"{options.GetType().Name}.{property.Name} is {begins}; the page says {told}"]);
                }
            }
        }

        Assert.True(compared > 30, $"Only {compared} defaults were compared.");
        Repository.AssertNone(wrong);
    }

    private static object? Value(string text)
    {
        var number = Number().Match(text);
        if (number.Success)
        {
            var count = long.Parse(number.Groups["n"].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            return number.Groups["unit"].Value switch
            {
                "millisecond" or "ms" => TimeSpan.FromMilliseconds(count),
                "second" or "s" => TimeSpan.FromSeconds(count),
                "minute" => TimeSpan.FromMinutes(count),
                "hour" => TimeSpan.FromHours(count),
                "day" => TimeSpan.FromDays(count),
                "KiB" => count << 10,
                "MiB" => count << 20,
                _ => count,
            };
        }

        return Word().Match(text) is { Success: true } word ? word.Value : null;
    }

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| [^|]* \| (?<default>[^|]+) \| ", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^(?<n>(?>-?[\d,]+))(?!\.\d)(?: (?<unit>millisecond|ms|second|s|minute|hour|day|KiB|MiB)s?\b)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?:AtLeastOnce|Fail|Continue|Warn|Info|Earliest|Lz4|True|False|OperatingSystem)\b")]
    private static partial Regex Word();
}
