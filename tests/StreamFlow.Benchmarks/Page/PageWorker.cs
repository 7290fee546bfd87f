using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Benchmarks.Page;

/// <summary>An application that counts by key, with its page, in a process of its own: until standard input is closed.</summary>
internal static class PageWorker
{
    public const string Application = "page-cost";
    public const string Input = "page-in";
    public const string Output = "page-out";

    public static async Task<int> MainAsync(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("streamflow-page-");
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddStreamFlow(
            Application,
            (topology, _) => topology.Stream<string, string>(Input).GroupByKey().Count(new() { Name = "counts" }).ToStream().To(Output),
            settings =>
            {
                settings.BootstrapServers = options.Need("bootstrap");
                settings.Streams.StateDirectory = folder.FullName;
                settings.Streams.CommitInterval = TimeSpan.FromMilliseconds(100);
            });
        await using (var host = builder.Build())
        {
            host.MapStreamFlow("/streamflow");
            await host.StartAsync();
            await Console.Out.WriteLineAsync($"{host.Urls.First()}/streamflow/api/v1/applications/{Application}/live");
            await Console.In.ReadToEndAsync();
            await host.StopAsync();
        }

        folder.Delete(recursive: true);
        return 0;
    }
}
