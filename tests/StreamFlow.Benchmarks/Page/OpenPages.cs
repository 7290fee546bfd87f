namespace StreamFlow.Benchmarks.Page;

/// <summary>So many streams of figures, read as browsers do.</summary>
internal sealed class OpenPages : IAsyncDisposable
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _closed = new();
    private readonly long[] _events;
    private Task[] _readers = [];

    private OpenPages(int pages) => _events = new long[pages];

    /// <summary>Events that the page which had the fewest was sent.</summary>
    public long Fewest => _events.Min();

    public static async Task<OpenPages> OpenAsync(Uri address, int pages)
    {
        var open = new OpenPages(pages);
        var streams = await Task.WhenAll(Enumerable.Range(0, pages).Select(_ => open._client.GetStreamAsync(address)));
        open._readers = [.. streams.Select((stream, page) => open.ReadAsync(stream, page))];
        return open;
    }

    public void Reset() => Array.Clear(_events);

    private async Task ReadAsync(Stream stream, int page)
    {
        using var reader = new StreamReader(stream);
        try
        {
            while (await reader.ReadLineAsync(_closed.Token) is { } line)
            {
                _events[page] += line.StartsWith("event:", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await Task.WhenAll(_readers);
        _client.Dispose();
        _closed.Dispose();
    }
}
