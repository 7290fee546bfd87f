using System.CommandLine;
using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Samples;

/// <summary>What a sample brings; <see cref="SampleHost"/> does the rest.</summary>
public interface ISample
{
    /// <summary>What it is called on the terminal and in the names of temporary folders, as <c>order-processing</c>.</summary>
    string Name { get; }

    /// <summary>What it shows, in one sentence; the head of <c>--help</c>.</summary>
    string Summary { get; }

    /// <summary>Records per second when the command line names neither a rate nor a count; at least 1.</summary>
    int DefaultRate { get; }

    /// <summary>Topics that must exist before the applications start.</summary>
    IReadOnlyList<SampleTopic> Topics { get; }

    /// <summary>Options of this sample alone, besides those that all have.</summary>
    IReadOnlyList<Option> Options => [];

    /// <summary>Where the files of its page are embedded.</summary>
    Assembly PageAssembly => GetType().Assembly;

    /// <summary>Adds the applications and whatever else the host is to run, and opens the books.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="run">The run; its <see cref="SampleRun.Configure"/> gives an application its settings.</param>
    void AddServices(IServiceCollection services, SampleRun run);

    /// <summary>Maps what the page asks for. The page itself is the embedded <c>Assets/index.html</c>, if there is one.</summary>
    /// <param name="endpoints">The web application.</param>
    /// <param name="run">The run.</param>
    void MapPage(IEndpointRouteBuilder endpoints, SampleRun run);

    /// <summary>
    /// Sends what there is to process and tells the books what must come of it. Called when all applications are running; takes its
    /// turns from <see cref="SampleRun.TurnsAsync"/>, which end when the run does.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="stop">Cancelled when the program is to end.</param>
    Task GenerateAsync(SampleRun run, CancellationToken stop);
}

/// <summary>A topic of a sample; one that exists is left as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">Number of partitions.</param>
public sealed record SampleTopic(string Name, int Partitions = 4)
{
    /// <summary>Settings by Kafka's names, such as <c>cleanup.policy</c>.</summary>
    public Dictionary<string, string> Configs { get; init; } = [];
}
