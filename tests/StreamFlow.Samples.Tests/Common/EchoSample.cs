using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Samples.Tests.Common;

/// <summary>The smallest sample there can be: what goes in comes out, unless it is told to lose or double something.</summary>
internal sealed class EchoSample : ISample
{
    private BookOnce<string>? _echoes;

    /// <summary>Records that the topology loses, by their number.</summary>
    public Func<string, bool> Loses { get; init; } = _ => false;

    /// <summary>Whether the results are no JSON.</summary>
    public bool WritesNonsense { get; init; }

    /// <summary>Told when the host is built.</summary>
    public Action<SampleRun> Built { get; init; } = _ => { };

    public string Name => "echo";

    public string Summary => "Says what it hears.";

    public int DefaultRate => 200;

    public IReadOnlyList<SampleTopic> Topics => [new("heard", 2), new("said", 2)];

    public IReadOnlyList<Option> Options => [Loud];

    public Option<bool> Loud { get; } = new("--loud");

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        _echoes = run.Books.Once<string>("words said, each once");
        run.Books.Read("said", record => _echoes.See(record.Value<string>()));
        services.AddStreamFlow("echo", (topology, _) => topology.Stream<string, string>("heard")
            .Filter((_, word) => !Loses(word))
            .MapValues(word => WritesNonsense ? "{" : word)
            .To("said"), run.Configure);
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run)
    {
        Built(run);
        endpoints.MapFeed("/live", () => new { Said = _echoes!.Seen, Html = "<b>" }, TimeSpan.FromMilliseconds(50));
        endpoints.MapGet("/said", () => new { Said = _echoes!.Seen });
    }

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        using var sender = new RecordSender(run.BootstrapServers);
        await foreach (var turn in run.TurnsAsync(stop))
        {
            var word = $"{run.Id}-{turn}";
            _echoes!.Expect(word);
            sender.Send("heard", word, word);
        }

        sender.Flush();
    }
}
