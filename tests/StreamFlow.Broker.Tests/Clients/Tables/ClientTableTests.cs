using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>
/// Clients nobody here wrote, feature by feature. STREAMFLOW_CLIENT_TABLE names the file to write the whole table to
/// (eng/verify-clients.sh); without it only those clients are run that no other test runs.
/// </summary>
public sealed class ClientTableTests(ITestOutputHelper output)
{
    private static readonly string[] Elsewhere = ["kcat", "python-confluent", "kafka-python"];

    [SkippableFact]
    public async Task Clients_nobody_here_wrote_do_what_they_do_with_Apache_Kafka()
    {
        string? file = Environment.GetEnvironmentVariable("STREAMFLOW_CLIENT_TABLE");
        string[] only = (Environment.GetEnvironmentVariable("STREAMFLOW_CLIENTS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, Dictionary<string, string>> results = [];
        await using ClientBroker broker = await ClientBroker.StartAsync();
        foreach (string client in ClientTable.Clients.Where(x => IsWanted(x, file, only)))
        {
            if (ClientTable.WhyMissing(client) is { } reason)
            {
                output.WriteLine($"{client} is left out: {reason}");
                continue;
            }

            int before = broker.Renewals;
            results[client] = await ClientTable.RunAsync(client, broker);
            Assert.Equal(ClientTable.Features.Order(), results[client].Keys.Order());

            // One that only connects anew when it is cut off gets through as well.
            Assert.True(
                results[client]["re-authentication"] != "ok" || broker.Renewals > before, $"{client} has not renewed its authentication");
        }

        Skip.If(results.Count == 0, "none of the clients is installed");
        if (file is { Length: > 0 })
        {
            await File.WriteAllTextAsync(file, ClientTable.Markdown(results));
        }

        string[] failures =
        [
            .. results.SelectMany(static x => x.Value.Where(static y => y.Value.StartsWith("FAILED", StringComparison.Ordinal))
                .Select(y => $"{x.Key}: {y.Key}: {y.Value}")),
        ];
        output.WriteLine($"{results.Sum(static x => x.Value.Count(static y => y.Value == "ok"))} features, {failures.Length} failures");
        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }

    private static bool IsWanted(string client, string? file, string[] only) => only.Length > 0
        ? only.Any(x => client.StartsWith(x, StringComparison.Ordinal))
        : file is not null || !Elsewhere.Contains(client.Split(' ')[0]);
}
