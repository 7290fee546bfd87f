using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Instances come and go, and the page tells of it.</summary>
public sealed class InstancesTests
{
    private const string Path = $"applications/{PageHost.Application}";

    [Fact]
    public async Task Another_instance_and_its_tasks_are_listed_while_it_is_there()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        var before = await host.UntilAsync($"{Path}/tasks", t => Own(t).Count == 4);
        Assert.Single(before.GetProperty("instances").EnumerateArray());

        await using (var other = await PageHost.StartAsync(configure: builder =>
            builder.Configuration[$"StreamFlow:{PageHost.Application}:BootstrapServers"] = host.BootstrapServers))
        {
            var shared = await host.UntilAsync($"{Path}/tasks", t => Own(t).Count is > 0 and < 4 && Own(t).Count + Foreign(t).Count == 4);
            Assert.Equal(["0_0", "0_1", "1_0", "1_1"], Own(shared).Concat(Foreign(shared)).Order());
            Assert.Contains(shared.GetProperty("instances").EnumerateArray(), i => !i.GetProperty("isSelf").GetBoolean());
            Assert.Equal(
                Own(shared).Count,
                (await other.UntilAsync($"{Path}/tasks", t => Foreign(t).Count == Own(shared).Count)).GetProperty("tasks").GetArrayLength() - 4 + Own(shared).Count);
        }

        var after = await host.UntilAsync($"{Path}/tasks", t => Own(t).Count == 4 && Foreign(t).Count == 0);
        var moves = after.GetProperty("rebalances").EnumerateArray().ToList();
        Assert.Contains(moves, r => r.GetProperty("revoked").GetArrayLength() > 0);
        Assert.Equal(moves.Select(r => r.GetProperty("at").GetDateTimeOffset()).OrderDescending(), moves.Select(r => r.GetProperty("at").GetDateTimeOffset()));
        Assert.Contains(moves, r => r.GetProperty("pauseSeconds").ValueKind == JsonValueKind.Number);
    }

    [Fact]
    public async Task An_application_that_was_stopped_is_told_as_that()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.Services.GetRequiredKeyedService<StreamsApplication>(PageHost.Application).StopAsync().WaitAsync(PageHost.Deadline);

        var overview = await host.UntilAsync(Path, o => o.GetProperty("phase").GetString() == "stopped");

        Assert.Equal("NotRunning", overview.GetProperty("state").GetString());
        Assert.Empty((await host.GetAsync($"{Path}/tasks")).GetProperty("threads").EnumerateArray());
        Assert.Equal("counts", Assert.Single((await host.GetAsync($"{Path}/stores")).GetProperty("stores").EnumerateArray()).GetProperty("name").GetString());
        using var rows = await host.Client.GetAsync(new Uri($"/streamflow/api/v1/{Path}/stores/counts/rows", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.Conflict, rows.StatusCode);
    }

    [Fact]
    public async Task Members_are_forgotten_when_the_application_stops()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await using var other = await PageHost.StartAsync(configure: builder =>
            builder.Configuration[$"StreamFlow:{PageHost.Application}:BootstrapServers"] = host.BootstrapServers);
        await host.UntilAsync($"{Path}/tasks", t => Foreign(t).Count > 0);
        await host.Services.GetRequiredKeyedService<StreamsApplication>(PageHost.Application).StopAsync().WaitAsync(PageHost.Deadline);

        await host.UntilAsync(Path, o => o.GetProperty("phase").GetString() == "stopped");
        var tasks = await host.GetAsync($"{Path}/tasks");

        Assert.True(Assert.Single(tasks.GetProperty("instances").EnumerateArray()).GetProperty("isSelf").GetBoolean());
        Assert.Empty(Foreign(tasks));
    }

    private static List<string?> Own(JsonElement tasks) => Of(tasks, self: true);

    private static List<string?> Foreign(JsonElement tasks) => Of(tasks, self: false);

    private static List<string?> Of(JsonElement tasks, bool self) =>
    [
        .. tasks.GetProperty("tasks").EnumerateArray()
            .Where(t => self == (t.GetProperty("instance").GetString() == PageHost.Application)).Select(t => t.GetProperty("id").GetString()),
    ];
}
