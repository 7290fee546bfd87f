using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>
/// Kafka's own tools, unmodified, command by command beside Apache Kafka. STREAMFLOW_TOOL_TABLE names the file to write the whole table
/// to (eng/verify-clients.sh); without it only the commands of the sections marked as quick are run.
/// </summary>
public sealed class ToolTableTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Kafkas_own_tools_say_the_same_to_this_broker_as_to_Apache_Kafka()
    {
        Skip.If(ToolProcess.WhyUnavailable() is not null, ToolProcess.WhyUnavailable());
        string? file = Environment.GetEnvironmentVariable("STREAMFLOW_TOOL_TABLE");
        List<ToolCase> cases = [.. ToolCase.Load().Where(x => file is not null || x.Section.EndsWith("(quick)", StringComparison.Ordinal))];
        await using ToolTable table = await ToolTable.StartAsync();
        await table.RunAsync(cases);
        if (file is { Length: > 0 })
        {
            await File.WriteAllTextAsync(file, ToolTable.Markdown(table.Rows));
        }

        string[] problems = [.. table.Rows.Select(static x => x.Problem()).OfType<string>()];
        output.WriteLine($"{table.Rows.Count} commands, {problems.Length} with another answer");
        Assert.True(problems.Length == 0, string.Join('\n', problems));
    }
}
