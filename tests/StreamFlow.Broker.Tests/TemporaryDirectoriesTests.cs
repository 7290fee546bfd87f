using System.Collections.Concurrent;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

/// <summary>What a killed broker leaves in the folder of temporary files goes with the next start, and nothing else does.</summary>
public sealed class TemporaryDirectoriesTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Directories_of_killed_brokers_are_deleted_at_the_next_start_and_those_in_use_are_not()
    {
        (string Name, string Value) place = ("TMPDIR", _temporary.Path);
        using StandaloneBroker killed = await StandaloneBroker.StartAsync(place, "--port", "0", "--topic", "t:3");
        string left = Assert.Single(Directories());
        using StandaloneBroker alive = await StandaloneBroker.StartAsync(place, "--port", "0", "--topic", "t:3");
        string inUse = Directories().Single(d => d != left);
        await killed.KillAsync();
        string unfinished = Directory.CreateDirectory(Path.Combine(_temporary.Path, "streamflow-broker-fresh")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(unfinished, "TEMPORARY"), []);
        string kept = Path.Combine(_temporary.Path, "streamflow-broker-kept");
        await using (await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { DataDirectory = kept }))
        {
            // Named like a temporary one, and meant to stay.
        }

        string other = Directory.CreateDirectory(Path.Combine(_temporary.Path, "streamflow-something-else")).FullName;
        Assert.True(Directory.Exists(left), "a killed broker left nothing");

        using StandaloneBroker next = await StandaloneBroker.StartAsync(place, "--port", "0");

        Assert.False(Directory.Exists(left), "the directory of the killed broker is still there");
        Assert.All([inUse, unfinished, kept, other], d => Assert.True(Directory.Exists(d), d));
        using RawClient client = await RawClient.ConnectAsync(alive.Port);
        Assert.Equal(0, (await client.ProduceAsync("t", 2, TestBatch.Build("kept"))).Number("error_code"));
    }

    private string[] Directories() => Directory.GetDirectories(_temporary.Path, "streamflow-broker-*");
}
