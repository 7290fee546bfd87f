using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Tests.Clients.Tables;

namespace StreamFlow.Broker.Tests;

public sealed partial class DocumentationTests
{
    [Fact]
    public void Table_of_supported_apis_is_the_one_the_broker_advertises()
    {
        IEnumerable<string> rows = ApiTable.All.Select(x => string.Create(
            CultureInfo.InvariantCulture,
            $"| {x.Key} | {(int)x.Key} | {x.MinVersion}-{x.MaxVersion} | {Flexible(x)} |"));
        string[] document = File.ReadAllLines(Path.Combine(Root(), "docs", "broker.md"));
        int begin = Array.IndexOf(document, "<!-- api-table -->");
        int end = Array.IndexOf(document, "<!-- /api-table -->");
        Assert.Equal(rows, document[(begin + 3)..end]);
    }

    /// <summary>Nothing that clients may ask of Apache Kafka is left out without a word, nor said to be missing when it is there.</summary>
    [Fact]
    public void Table_of_missing_apis_has_just_those_that_Apache_Kafka_has_and_this_broker_does_not()
    {
        string[][] theirs =
        [
            .. File.ReadLines(Path.Combine(Root(), "tests", "StreamFlow.Broker.Tests", "Server", "apache-kafka-apis.txt"))
                .Where(static line => !line.StartsWith('#')).Select(static line => line.Split(' ')),
        ];
        Dictionary<string, string> ours = ApiTable.All.ToDictionary(
            static x => x.Name, static x => string.Create(CultureInfo.InvariantCulture, $"{x.MinVersion}-{x.MaxVersion}"));
        string table = File.ReadAllText(Path.Combine(Root(), "docs", "broker.md"))
            .Split("<!-- missing-api-table -->")[1].Split("<!-- /missing-api-table -->")[0];
        string[] missing = [.. MissingApis().Matches(table).SelectMany(static row => row.Groups[1].Value.Split(", ")).Where(static x => x != "APIs")];
        Assert.Equal(theirs.Select(static x => x[0]).Where(x => !ours.ContainsKey(x)).Order(), missing.Order());
        Assert.All(theirs.Where(x => ours.ContainsKey(x[0])), x => Assert.Equal((x[0], x[2]), (x[0], ours[x[0]])));
    }

    [Fact]
    public void Table_of_clients_names_tests_that_exist()
    {
        string document = File.ReadAllText(Path.Combine(Root(), "docs", "broker.md"));
        string table = document.Split("<!-- client-table -->")[1].Split("<!-- /client-table -->")[0];
        string[] tests = [.. Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)];
        string[] named = [.. NameOfTest().Matches(table).Select(static x => x.Groups[1].Value).Distinct()];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(tests, test => test.Contains($" {name}(", StringComparison.Ordinal)));
    }

    [Fact]
    public void Page_of_clients_has_a_row_for_every_command_and_feature_and_no_failure()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "reference", "clients.md"));
        string clients = page.Split("<!-- clients-table -->")[1].Split("<!-- /clients-table -->")[0];
        string tools = page.Split("<!-- tools-table -->")[1].Split("<!-- /tools-table -->")[0];
        Assert.Equal(ClientTable.Features, Rows(clients).Select(static x => x[0]));
        Assert.Equal(
            ToolCase.Load().Where(static x => !x.IsStep).Select(static x => ToolRow.Cells(x.Line)), Rows(tools).Select(static x => $"{x[0]} | {x[1]}"));
        Assert.Contains(string.Join(" | ", ClientTable.Clients), clients, StringComparison.Ordinal);
        Assert.DoesNotContain("FAILED", clients, StringComparison.Ordinal);
        Assert.DoesNotContain(ToolRow.Other, tools, StringComparison.Ordinal);
    }

    private static IEnumerable<string[]> Rows(string table) => table.Split('\n')
        .Where(static x => x.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
        .Select(static x => x[2..^2].Split(" | "));

    [GeneratedRegex(@"^\| ([A-Z][A-Za-z, ]+) \|", RegexOptions.Multiline)]
    private static partial Regex MissingApis();

    [GeneratedRegex("`([A-Za-z]+_[A-Za-z_]+)`")]
    private static partial Regex NameOfTest();

    private static string Flexible(ApiDescriptor api) =>
        api.FlexibleFrom > api.MaxVersion ? "never" : api.FlexibleFrom.ToString(CultureInfo.InvariantCulture);

    private static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
