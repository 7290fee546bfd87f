using System.Text.RegularExpressions;

namespace StreamFlow.Samples.Tests.Support;

/// <summary>A sample that runs as from the command line, on an embedded broker, until it is stopped.</summary>
internal sealed class RunningSample : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly Task<int> _run;

    public RunningSample(ISample sample, SampleSettings settings) =>
        _run = SampleHost.RunAsync(settings, sample, new SampleOutput(_output, _output), _stop.Token);

    /// <summary>A client of its page.</summary>
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>Waits until the page is served.</summary>
    public async Task ServesAsync()
    {
        await Until.TrueAsync(() => _run.IsCompleted || _output.ToString().Contains("http://", StringComparison.Ordinal), "the page is served");
        Http.BaseAddress = new Uri(Regex.Match(_output.ToString(), @"http://\S+").Value);
    }

    /// <summary>Waits until the page is told something.</summary>
    public async Task ReadAsync(string feed, Func<string, bool> isSeen)
    {
        using var reader = new StreamReader(await Http.GetStreamAsync(new Uri(feed, UriKind.Relative)));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        string last;
        do
        {
            last = await reader.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException($"The feed ended: {_output.ToString()}");
        }
        while (!last.StartsWith("data: ", StringComparison.Ordinal) || !isSeen(last[6..]));
    }

    /// <summary>Waits for the end: by itself, or because it is asked to end.</summary>
    public async Task<(int Code, string Output)> EndAsync(bool asks = false)
    {
        if (asks)
        {
            await _stop.CancelAsync();
        }

        var code = await _run.WaitAsync(TimeSpan.FromMinutes(4));
        return (code, _output.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_run, Task.Delay(TimeSpan.FromMinutes(1)));
        Http.Dispose();
        _stop.Dispose();
    }
}
