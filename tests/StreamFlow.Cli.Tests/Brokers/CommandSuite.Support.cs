using System.Text;
using System.Text.Json;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests.Brokers;

/// <content>Running commands and reading what they say.</content>
public abstract partial class CommandSuite
{
    private Task<Outcome> RunAsync(Setting setting, params string[] args)
    {
        Skip.If(broker.Missing is not null, broker.Missing);
        return Support.Cli.RunAsync(setting, [.. args, "--bootstrap-server", broker.Servers]);
    }

    private async Task<string> DoneAsync(params string[] args) => (await RunAsync(new Setting(), args)).Succeeded();

    private async Task FeedAsync(string input, params string[] args) => (await RunAsync(new Setting { Input = Encoding.UTF8.GetBytes(input) }, args)).Succeeded();

    private async Task<Outcome> FailsAsync(params string[] args)
    {
        Outcome outcome = await RunAsync(new Setting(), args);
        Assert.NotEqual(0, outcome.Code);
        return outcome;
    }

    private async Task<JsonElement> JsonAsync(params string[] args) => Parsed(await DoneAsync([.. args, "--json"]));

    private async Task<List<JsonElement>> LinesAsync(params string[] args) =>
        [.. (await DoneAsync([.. args, "--json"])).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parsed)];

    private static JsonElement Parsed(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static IEnumerable<string?> Strings(JsonElement rows, string property) => rows.EnumerateArray().Select(r => r.GetProperty(property).GetString());

    private static IEnumerable<int> Numbers(JsonElement rows, string property) => rows.EnumerateArray().Select(r => r.GetProperty(property).GetInt32());

    private static (string? Value, string? Source) Config(JsonElement configs, string name)
    {
        JsonElement config = configs.EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        return (config.GetProperty("value").GetString(), config.GetProperty("source").GetString());
    }

    /// <summary>Waits for something that comes by itself; a minute is only for what never comes.</summary>
    private static async Task WaitAsync(Func<Task<bool>> isTrue)
    {
        for (int i = 0; i < 600; i++)
        {
            if (await isTrue())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail("It did not come within a minute.");
    }
}
