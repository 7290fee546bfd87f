using System.Text.Json;

namespace StreamFlow.Samples.Tests.Support;

/// <summary>Reads the feed of a page as the page does.</summary>
internal static class Feeds
{
    /// <summary>Reads until the page has been told something.</summary>
    public static async Task ReadAsync<T>(this HttpClient page, string feed, Func<T, bool> isSeen)
    {
        using var reader = new StreamReader(await page.GetStreamAsync(new Uri(feed, UriKind.Relative)));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        string last;
        do
        {
            last = await reader.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException($"The feed '{feed}' has ended.");
        }
        while (!last.StartsWith("data: ", StringComparison.Ordinal)
            || !isSeen(JsonSerializer.Deserialize<T>(last["data: ".Length..], SampleJson.Options)!));
    }
}
