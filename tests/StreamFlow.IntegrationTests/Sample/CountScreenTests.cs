using OrderCounts;
using Spectre.Console;

namespace StreamFlow.IntegrationTests.Sample;

/// <summary>The sample's table in a terminal.</summary>
public sealed class CountScreenTests
{
    private static readonly string[] Categories = ["books", "electronics", "garden", "groceries", "music", "sports", "toys", "travel"];

    private const string LivePage = "http://127.0.0.1:5080/streamflow/";

    // Starts of windows, the newest first.
    private static readonly double[] Hours = [12.5, 12.5 - (1 / 6.0), 12.5 - (2 / 6.0)];

    [Theory]
    [InlineData(80, 3)]
    [InlineData(60, 2)]
    [InlineData(40, 1)]
    [InlineData(200, 3)]
    public void Table_fits_the_terminal_and_no_line_wraps(int width, int windows)
    {
        var lines = Draw(width, Rows(count: 999, cents: 99_999_00));

        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.InRange(lines.Count, 1, 24);
        Assert.Equal(windows, lines.Single(l => l.StartsWith("│ category", StringComparison.Ordinal)).Split(" - ").Length - 1);
        Assert.All(Categories, category => Assert.Single(lines, l => l.Contains($" {category} ", StringComparison.Ordinal)));

        // The newest window is among them.
        Assert.Contains(lines, l => l.Contains("12:30 - 12:40", StringComparison.Ordinal));
    }

    [Fact]
    public void Large_counts_take_the_place_of_older_windows()
    {
        var lines = Draw(80, Rows(count: 9_999_999, cents: 99_999_999_00));

        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains(lines, l => l.Contains("9,999,999  99,999,999.00", StringComparison.Ordinal));
    }

    [Fact]
    public void It_says_that_its_time_is_simulated() =>
        Assert.Contains(Draw(80, Rows(1, 1)), l => l.Contains("simulated event time", StringComparison.Ordinal));

    [Theory]
    [InlineData(80, "Live page http://127.0.0.1:5080/streamflow/")]
    [InlineData(30, "Live page http://127.0.0.1:508")]
    public void The_address_of_the_live_page_stands_above_the_table(int width, string line) =>
        Assert.Equal(line, Draw(width, Rows(1, 1))[0]);

    private static List<(CountKey Key, CategoryCount Count)> Rows(long count, long cents) =>
    [
        .. from hour in Hours
           from category in Categories
           select (new CountKey((long)Math.Round(hour * 3_600_000), category), new CategoryCount(count, cents)),
    ];

    private static List<string> Draw(int width, List<(CountKey Key, CategoryCount Count)> rows)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(CountScreen.Draw(
            rows, width, LivePage, "2,000 orders/s   in flight 1,234   in 1,234,567", "counted 1,234,567   filtered 123,456   late 12,345   malformed 1,234"));
        return [.. text.ToString().Split('\n').Select(l => l.TrimEnd('\r'))];
    }
}
