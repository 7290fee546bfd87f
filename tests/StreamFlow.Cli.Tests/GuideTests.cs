using System.Runtime.CompilerServices;
using System.Text;
using StreamFlow.Broker;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests;

/// <summary>The page about the command line, and every help, name commands that exist.</summary>
public sealed class GuideTests
{
    private static readonly string Page = File.ReadAllText(PathOf("docs/guide/command-line.md"));

    [Fact]
    public async Task The_guide_works_as_it_is_written()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        StringBuilder told = new();
        foreach (string line in Section("A first round").Split('\n').Where(l => l.Contains("streamflow ", StringComparison.Ordinal) && !l.Contains('`', StringComparison.Ordinal)))
        {
            string command = line[(line.IndexOf("streamflow ", StringComparison.Ordinal) + 11)..];
            if (command.StartsWith("broker", StringComparison.Ordinal) || command == "consume orders")
            {
                continue;
            }

            Setting setting = new()
            {
                Input = line.StartsWith("printf", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(line.Split('\'')[1].Replace("\\n", "\n", StringComparison.Ordinal)) : [],
                Variables = new() { ["STREAMFLOW_BOOTSTRAP_SERVER"] = broker.BootstrapServers },
            };
            told.Append((await Support.Cli.RunAsync(setting, command.Split(' '))).Succeeded());
        }

        Assert.Contains("o1\tbooks\no1\ttea\n", told.ToString(), StringComparison.Ordinal);
        Assert.Contains("audit  orders", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_that_the_page_and_the_help_show_are_understood()
    {
        List<string> shown = [.. Page.Split('\n').SelectMany(Commands), .. Examples(Tree())];

        Assert.True(shown.Count > 80, $"Only {shown.Count} were found.");
        Assert.Equal([], shown.Select(line => (line, Errors(line))).Where(p => p.Item2.Length > 0).Select(p => $"{p.line}: {p.Item2}"));
    }

    [Fact]
    public void Every_command_has_an_example_and_a_description()
    {
        List<System.CommandLine.Command> all = [.. All(Tree())];

        Assert.True(all.Count > 40, $"Only {all.Count} were found.");
        Assert.All(all, c => Assert.True(c is ExampleCommand { Examples.Length: > 0, Description.Length: > 10 }, c.Name));
    }

    [Fact]
    public async Task Help_says_defaults_once_and_as_they_are_typed()
    {
        string help = (await Support.Cli.RunAsync("help", "--all")).Succeeded();

        Assert.Contains("(default: 15s)", help, StringComparison.Ordinal);
        Assert.DoesNotContain("[default:", help, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_that_help_names_are_those_that_count()
    {
        CommandContext context = new(
            Tree().Parse(["consume", "orders"]), new Surroundings(new Terminal(Stream.Null, Stream.Null, TextWriter.Null, null), TimeProvider.System, _ => null), default);

        Assert.Equal(TimeSpan.FromSeconds(15), Connecting.Settings(context).RetryFor);
    }

    /// <summary>All that the page's table has on its right side, and what stands in blocks.</summary>
    private static IEnumerable<string> Commands(string line)
    {
        if (line.StartsWith("| `kafka-", StringComparison.Ordinal))
        {
            string[] right = line.Split(" | ")[^1].Split('`').Where((_, i) => i % 2 == 1).ToArray();
            return right.Where(c => c.StartsWith("streamflow ", StringComparison.Ordinal));
        }

        return line.StartsWith("streamflow ", StringComparison.Ordinal) ? [line] : [];
    }

    private static IEnumerable<string> Examples(System.CommandLine.Command command) => All(command).OfType<ExampleCommand>().SelectMany(c => c.Examples)
        .Select(e => e.Trim()).Where(e => e.Contains("streamflow ", StringComparison.Ordinal) && !e.StartsWith("echo '{", StringComparison.Ordinal));

    private static IEnumerable<System.CommandLine.Command> All(System.CommandLine.Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    /// <summary>What the parser says; nothing when it understands. Two spaces begin a remark, and a bar or an arrow what is another program's.</summary>
    private static string Errors(string line)
    {
        string command = line[(line.LastIndexOf("streamflow ", StringComparison.Ordinal) + 11)..].Split("   ")[0].Split(" < ")[0].Split(" > ")[0].Split(" | ")[0].Trim();
        return string.Join("; ", Tree().Parse(System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(command).Select(a => a.Trim('\'')).ToArray()).Errors.Select(e => e.Message));
    }

    private static System.CommandLine.Command Tree() =>
        CommandLine.Build(new Surroundings(new Terminal(Stream.Null, Stream.Null, TextWriter.Null, null), TimeProvider.System, _ => null));

    private static string Section(string title) => Page.Split($"\n## {title}\n")[1].Split("\n## ")[0];

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", file);
}
