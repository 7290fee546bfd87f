using System.Globalization;
using System.Runtime.CompilerServices;
using StreamFlow.Broker.Handlers;

namespace StreamFlow.Broker.Tests;

public sealed class DocumentationTests
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

    private static string Flexible(ApiDescriptor api) =>
        api.FlexibleFrom > api.MaxVersion ? "never" : api.FlexibleFrom.ToString(CultureInfo.InvariantCulture);

    private static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
