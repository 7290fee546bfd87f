using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using StreamFlow.Hosting.Tests.Support;

namespace StreamFlow.Hosting.Tests;

/// <summary>State in the temporary folder is told of in production.</summary>
public sealed class StateLocationTests
{
    [Theory]
    [InlineData("Production", true, 1)]
    [InlineData("Production", false, 0)]
    [InlineData("Development", true, 0)]
    [InlineData(null, true, 0)]
    public void Only_in_production_and_below_the_temporary_folder(string? environment, bool isTemporary, int warnings)
    {
        var log = new CapturedLog();
        var directory = isTemporary ? Path.Combine(Path.GetTempPath(), "streamflow") : Path.Combine(Path.GetPathRoot(Path.GetTempPath())!, "var", "state");

        StateLocation.WarnIfTemporary(environment is null ? null : new Environment(environment), "orders", directory, log);

        Assert.Equal(warnings, log.Lines.Count);
        Assert.All(log.Lines, line => Assert.StartsWith(
            $"Warning StreamFlow application 'orders' keeps its state in the temporary folder, {directory}, in production.", line,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(StoreBackend.RocksDb, 1)]
    [InlineData(StoreBackend.InMemory, 0)]
    public async Task An_application_with_stores_on_disk_is_looked_at_when_it_is_made(StoreBackend backend, int warnings)
    {
        await using var host = new TestHost("in").Add(
            "counts", b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }), o => o.StoreBackend = backend);

        Assert.Equal(StreamsState.Created, host.Application("counts").State);
        var told = host.Log.Lines.Where(
            l => l.StartsWith("Warning StreamFlow application 'counts' keeps its state in the temporary folder", StringComparison.Ordinal)).ToList();
        Assert.Equal(warnings, told.Count);
        Assert.All(told, line => Assert.EndsWith(" [SF3336]", line, StringComparison.Ordinal));
    }

    private sealed class Environment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "test";

        public string ContentRootPath { get; set; } = "/";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
