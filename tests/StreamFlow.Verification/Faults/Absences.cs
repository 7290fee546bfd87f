using System.Diagnostics;
using Confluent.Kafka;

namespace StreamFlow.Verification.Faults;

/// <summary>
/// A worker that leaves one cluster early and comes back to the next one late: when its changelogs have grown beyond the offsets
/// that stand on the worker's disk, so that the old state would fit by its numbers.
/// </summary>
internal sealed class Absences(Arena arena)
{
    private const string Name = "w2";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private WorkerHandle Worker => arena.Workers.First(w => w.Name == Name);

    /// <summary>Starts the others.</summary>
    public void StartOthers() => arena.Workers.Where(w => w.Name.StartsWith('w') && w.Name != Name).ToList().ForEach(w => w.Start());

    /// <summary>
    /// It leaves in order, and leaves state on its disk: on a busy machine the group may not have given it a partition yet, or none that
    /// has anything, so it is let in again until there is.
    /// </summary>
    public async Task LeaveAsync()
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            await Worker.RunningAsync(Limit);
            arena.CheckLiveness(Worker.Stop(), $"{Name} did not stop in order");
            if (arena.HasState(Worker))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new HarnessException($"{Name} has been given nothing to keep within {Limit.TotalSeconds} s.");
            }

            Worker.Start();
            await Task.Delay(TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>It joins again.</summary>
    public async Task ComeBackAsync()
    {
        var worker = Worker;
        var ends = arena.FormerEnds(worker);
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(
                new ConsumerConfig { BootstrapServers = arena.BootstrapServers, GroupId = "absences" })
            .SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
        var began = Stopwatch.GetTimestamp();
        while (!ends.All(end => consumer.QueryWatermarkOffsets(end.TopicPartition, Limit).High > end.Offset))
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new HarnessException($"The changelogs have not grown beyond what {worker.Name} has within {Limit.TotalSeconds} s.");
            }

            await Task.Delay(200);
        }

        Console.WriteLine($"{worker.Name} comes back with {ends.Count} stores of the cluster before");
        arena.CheckLiveness(ends.Count > 0, $"{worker.Name} had no state to come back with");
        worker.Start();
        await worker.RunningAsync(Limit);
        await arena.Monitor.RecoveredAsync(Stopwatch.GetTimestamp()).WaitAsync(Limit);
    }
}
