using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Samples.Tests;

/// <summary>Runs samples from end to end, on the embedded broker.</summary>
internal static class SampleRuns
{
    /// <summary>A run to its end, whose books must balance.</summary>
    /// <returns>What it has written.</returns>
    public static async Task<string> BalancedAsync(ISample sample, SampleSettings settings)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = await SampleHost.RunAsync(settings, sample, new SampleOutput(output, output));
        Assert.True(code == 0, output.ToString());
        return output.ToString();
    }

    /// <summary>A run that goes on until it is stopped.</summary>
    public static async Task<RunningSample> StartAsync(ISample sample, SampleSettings settings)
    {
        var running = new RunningSample(sample, settings);
        await running.StartedAsync();
        return running;
    }
}

/// <summary>A sample that runs, and its page.</summary>
internal sealed class RunningSample : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _text = new() { NewLine = "\n" };
    private readonly TextWriter _output;
    private readonly Overheard _sample;
    private readonly Task<int> _run;

    public RunningSample(ISample sample, SampleSettings settings)
    {
        _output = TextWriter.Synchronized(_text);
        _sample = new Overheard(sample);
        _run = SampleHost.RunAsync(settings, _sample, new SampleOutput(_output, _output), _stop.Token);
    }

    public HttpClient Http { get; } = new();

    public Books Books => _sample.Run!.Books;

    public SampleRun Run => _sample.Run!;

    public async Task StartedAsync()
    {
        await Until.TrueAsync(() => _run.IsCompleted || _sample.Run?.Elapsed > TimeSpan.Zero, "the sample is running");
        Assert.False(_run.IsCompleted, _output.ToString());
        Http.BaseAddress = new Uri(Regex.Match(_text.ToString(), @"http://\S+").Value);
    }

    /// <summary>Stops it as Ctrl-C does; the exit code must fit the verdict.</summary>
    /// <returns>What it has written.</returns>
    public async Task<string> StopAsync()
    {
        await _stop.CancelAsync();
        var code = await _run;
        Assert.Equal(_text.ToString().EndsWith("\nBALANCED\n", StringComparison.Ordinal) ? 0 : 1, code);
        return _text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Http.Dispose();
        _stop.Dispose();
        await _output.DisposeAsync();
    }

    /// <summary>The sample, and the run that it is given.</summary>
    private sealed class Overheard(ISample sample) : ISample
    {
        public SampleRun? Run { get; private set; }

        public string Name => sample.Name;

        public string Summary => sample.Summary;

        public int DefaultRate => sample.DefaultRate;

        public Assembly PageAssembly => sample.PageAssembly;

        public IReadOnlyList<SampleTopic> Topics => sample.Topics;

        public void AddServices(IServiceCollection services, SampleRun run)
        {
            sample.AddServices(services, run);
            Run = run;
        }

        public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run) => sample.MapPage(endpoints, run);

        public Task GenerateAsync(SampleRun run, CancellationToken stop) => sample.GenerateAsync(run, stop);
    }
}
