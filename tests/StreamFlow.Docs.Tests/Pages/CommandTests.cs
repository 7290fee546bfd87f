using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>
/// Every command that a page shows is run by a test, or stands in <c>commands.txt</c> with the reason why none does. What it gives to
/// our own programs is looked at in either case.
/// </summary>
public sealed partial class CommandTests(ITestOutputHelper output)
{
    /// <summary>What is listed, in order: the first one that matches counts. One that begins with ~ is a regular expression.</summary>
    private static readonly List<(string Text, string How)> Listed =
    [
        .. File.ReadAllLines(Repository.FullPath("tests/StreamFlow.Docs.Tests/Pages/commands.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(" => "))
            .Select(parts => (parts[0], parts[1])),
    ];

    private static readonly List<Command> Commands = [.. Command.All];

    [Fact]
    public void Commands_are_listed_with_the_test_that_runs_them_or_the_reason_why_none_does()
    {
        var run = Commands.Where(c => How(c)?.StartsWith("test ", StringComparison.Ordinal) == true).ToList();
        output.WriteLine($"{Commands.Count} commands, {run.Count} of them are run by tests.");

        Assert.True(Commands.Count > 40, $"Only {Commands.Count} commands were found.");
        Repository.AssertNone(Commands.Where(c => How(c) is null).Select(c => $"{c.Place}: '{First(c.Text)}' is not in commands.txt"));
        Repository.AssertNone(Listed.Where(l => !Way().IsMatch(l.How)).Select(l => $"'{l.Text}' is listed with '{l.How}'; write 'test CLASS.METHOD' or 'none REASON'"));
    }

    [Fact]
    public void Nothing_is_listed_that_no_page_shows() =>
        Repository.AssertNone(Listed.Where(l => !Commands.Any(c => Matches(l.Text, First(c.Text)))).Select(l => $"'{l.Text}' is on no page"));

    [Fact]
    public void Tests_that_are_listed_exist()
    {
        var sources = Directory.EnumerateFiles(Repository.FullPath("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")).Select(File.ReadAllText).ToList();

        Repository.AssertNone(
            from listed in Listed
            let way = TestWay().Match(listed.How)
            where way.Success && !sources.Any(s => s.Contains($"class {way.Groups[1].Value}", StringComparison.Ordinal)
                && s.Contains($" {way.Groups[2].Value}(", StringComparison.Ordinal))
            select $"{way.Value} is nowhere");
    }

    /// <summary>The help of every program stands in docs/reference/commands.md, which another test holds against what the programs say.</summary>
    [Fact]
    public void Options_of_our_own_programs_exist()
    {
        var help = Sections();
        var given = Commands.Select(c => (Command: c, Own: c.OwnProgram())).Where(c => c.Own is not null).ToList();

        Assert.True(given.Count > 15, $"Only {given.Count} commands of ours were found.");
        Repository.AssertNone(
            from each in given
            let told = help.GetValueOrDefault(each.Own!.Value.Heading)
            from missing in told is null ? ["(no section in docs/reference/commands.md)"] : each.Own!.Value.Options.Where(o => o != "--help" && !Regex.IsMatch(told, $@"{o}\b"))
            select $"{each.Command.Place}: {each.Own!.Value.Heading} has no option {missing}");
    }

    [Fact]
    public void Paths_of_the_repository_exist() =>
        Repository.AssertNone(
            from command in Commands
            where !command.Place.StartsWith("templates/content", StringComparison.Ordinal)
            from path in command.Paths()
            where !NotOfTheRepository.Contains(path)
            where !File.Exists(Repository.FullPath(path)) && !Directory.Exists(Repository.FullPath(path))
            select $"{command.Place} names {path}");

    [Fact]
    public void Every_script_has_its_section_and_every_section_its_script()
    {
        var scripts = Directory.EnumerateFiles(Repository.FullPath("eng"), "*.sh").Select(f => "eng/" + Path.GetFileName(f))
            .Concat(["run.sh", "run.sh SAMPLE", "test.sh", "streamflow"]);

        Assert.Equal(scripts.Order(StringComparer.Ordinal), Sections().Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>Projects of the reader's own.</summary>
    private static readonly string[] NotOfTheRepository = ["src/Orders", "src/MyWorker", "src/Shop"];

    private static string? How(Command command) => Listed.FirstOrDefault(l => Matches(l.Text, First(command.Text))).How;

    private static bool Matches(string listed, string command) =>
        listed[0] == '~' ? Regex.IsMatch(command, $"^{listed[1..]}$") : listed == command;

    private static string First(string text) => text.Split('\n')[0];

    private static Dictionary<string, string> Sections() => Page.All.Single(page => page.Path == "docs/reference/commands.md").Text
        .Split("\n## ").Skip(1).ToDictionary(section => section.Split('\n')[0], section => section.Split("```text\n")[1].Split("\n```")[0]);

    [GeneratedRegex(@"^(?:test \w+\.\w+|none .{10,})$")]
    private static partial Regex Way();

    [GeneratedRegex(@"^test (\w+)\.(\w+)$")]
    private static partial Regex TestWay();
}
