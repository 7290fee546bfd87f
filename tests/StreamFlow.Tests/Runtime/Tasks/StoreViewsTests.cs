using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>Other threads read the stores of a running application.</summary>
public sealed class StoreViewsTests
{
    [Fact]
    public async Task Every_running_task_shows_its_committed_state_and_the_position_it_reflects()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        for (var wave = 0; wave < 5; wave++)
        {
            CountingApplication.SendWave(harness, wave);
            await CountingApplication.UntilAllAreOut(harness, meanwhile: () => Check(harness, application));
        }

        await AppHarness.Until(
            () => Counts(application).Values.Sum() == CountingApplication.Inputs(harness).Values.Sum(), "all counted");
        Assert.Equal(
            CountingApplication.Inputs(harness).ToDictionary(p => p.Key, p => (long)p.Value), Counts(application));
        Assert.Equal([0, 1], application.Views!.Of("counts").Select(v => v.TaskId.Partition));
        var view = (KeyValueView<string, long>)application.Views.Of("counts")[0];

        await application.StopAsync();

        Assert.Empty(application.Views.Of("counts"));
        Assert.Throws<StateStoreException>(() => view.TryGet("a0", out _));
    }

    /// <summary>What a view shows is at least what the position asked for before says: each input record counts once.</summary>
    private static void Check(AppHarness harness, StreamsApplication application)
    {
        foreach (var view in application.Views!.Of("counts"))
        {
            var position = view.Position.Inputs.SingleOrDefault(i => i.Partition.Topic == "in").Offset;
            var counted = ((KeyValueView<string, long>)view).All().Sum(row => row.Value.Value);
            Assert.InRange(
                counted, position, harness.Kafka.Offsets(new TopicPartition("in", view.TaskId.Partition)).HighWatermark);
        }
    }

    private static Dictionary<string, long> Counts(StreamsApplication application) =>
        application.Views!.Of("counts")
            .SelectMany(view => ((KeyValueView<string, long>)view).All())
            .ToDictionary(row => row.Key, row => row.Value.Value);
}
