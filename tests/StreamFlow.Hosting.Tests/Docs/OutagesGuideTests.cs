using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StreamFlow.Hosting.Tests.Support;

namespace StreamFlow.Hosting.Tests.Docs;

/// <summary>The snippets of docs/guide/outages.md, compiled and run.</summary>
public sealed class OutagesGuideTests
{
    [Fact]
    public void Settings()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Assert.Single(Snippets("json")))));
        builder.Configuration["StreamFlow:orders:BootstrapServers"] = "127.0.0.1:1";
        builder.Services.AddStreamFlow("orders", (topology, _) => Topologies.Shout(topology));

        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>().Get("orders");

        Assert.Equal(
            (MissingTopicResponse.Continue, DeletedTopicResponse.Fail, ErrorResponse.Continue),
            (options.Streams.MissingOutputTopics, options.Streams.DeletedTopics, options.Streams.ProductionErrors));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10)), (options.Streams.CommitInterval, options.Streams.TaskTimeout));
        Assert.Equal(("30000", "5000"), (options.Consumer["session.timeout.ms"], options.Client["reconnect.backoff.max.ms"]));
        Assert.Equal(StreamsState.Created, host.Services.GetRequiredKeyedService<StreamsApplication>("orders").State);
    }

    [Fact]
    public async Task Status_of_an_application_whose_broker_does_not_answer()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["StreamFlow:orders:BootstrapServers"] = "127.0.0.1:1";
        builder.Services.AddStreamFlow("orders", (topology, _) => Topologies.Shout(topology));
        using var host = builder.Build();
        await host.StartAsync();
        var application = host.Services.GetRequiredKeyedService<StreamsApplication>("orders");
        await TestHost.Until(() => application.Status.Outage is not null, "the outage");
        using var text = new StringWriter();
        Say(application, text);
        await host.StopAsync();

        Assert.StartsWith("Nobody answers at 127.0.0.1:1 since 2", text.ToString(), StringComparison.Ordinal);
    }

    /// <param name="application">The application of the snippet.</param>
    /// <param name="Console">Stands for the console.</param>
    private static void Say(StreamsApplication application, StringWriter Console)
    {
        var status = application.Status;
        if (status.Outage is { } outage)
        {
            Console.WriteLine($"Nobody answers at {outage.Servers} since {outage.Since:u}: {outage.Reason}");
        }

        foreach (var unread in status.Unread)
        {
            Console.WriteLine(unread);      // orders-1 has 420 records that are not read, without progress for 6 s; ...
        }
    }

    private static List<string> Snippets(string language) =>
        [.. File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/guide/outages.md"))
            .Split($"```{language}\n").Skip(1).Select(part => part.Split("```")[0])];

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
