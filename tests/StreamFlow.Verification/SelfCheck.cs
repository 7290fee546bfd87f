using System.Diagnostics;
using Confluent.Kafka;
using StreamFlow.Verification.Faults;
using StreamFlow.Verification.Oracles;
using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification;

/// <summary>Plants one fault after the other, each in a short run of its own, and expects the right oracle to see it.</summary>
internal sealed class SelfCheck(Options options)
{
    private const string Nothing = "nothing";
    private const string PlantedWorker = "w1";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Many planted faults keep results back for good; all others are there much sooner.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What is planted, at which occasion it happens, and who has to see it: one of several, where it depends on the tasks at hand. What a
    /// worker that is fenced off goes on with is seen where it writes: in the repartition topic, or in the results.
    /// </summary>
    private static readonly IReadOnlyList<(string Plant, int After, string[] Oracles)> Cases =
    [
        (Nothing, 0, []),
        (Plants.LoseInput, 0, [OracleNames.InputIntact]),
        (Plants.DropRepartitioned, 60, [OracleNames.CountedOnce]),
        (Plants.DuplicateRepartitioned, 60, [OracleNames.CountedOnce]),
        (Plants.SwapRepartitioned, 60, [OracleNames.OrderPerKey]),
        (Plants.DropPassed, 60, [OracleNames.PassedOnce]),
        (Plants.DropRunning, 60, [OracleNames.RunningAggregates]),
        (Plants.DropWindowed, 60, [OracleNames.WindowedAggregates]),
        (Plants.PastTheEnd, 0, [OracleNames.NothingPastTheEnd]),
        (Plants.DropJoined, 60, [OracleNames.Join]),
        (Plants.DropPaid, 60, [OracleNames.StreamJoin]),
        (Plants.DropUnpaid, 30, [OracleNames.StreamLeftJoin]),
        (Plants.KeepMerged, 30, [OracleNames.Sessions]),
        (Plants.DropClosed, 10, [OracleNames.ClosedWindows]),
        (Plants.DuplicateHeld, 10, [OracleNames.SuppressedWindows]),
        (Plants.DuplicatePlaced, 10, [OracleNames.ForeignKeyJoin]),
        (Plants.DropAnswers, 10, [OracleNames.ForeignKeyJoin]),
        (Plants.WrongInMemory, 60, [OracleNames.MemoryEqualsRocksDb]),
        (Plants.StalePositions, 1, [OracleNames.Positions]),
        (Plants.DropChangelog, 20, [OracleNames.Changelogs]),
        (Plants.OpenTransaction, 0, [OracleNames.NoOpenTransaction]),
        (Plants.ApplyBeforeCommit, 8, [OracleNames.StoresEqualChangelogs]),
        (Plants.IgnoreAbort, 8, [OracleNames.CountedOnce]),
        (Plants.SkipFence, 8, [OracleNames.CountedOnce, OracleNames.RunningAggregates]),
        (Plants.EndByItself, 0, [OracleNames.WorkersLive]),
    ];

    public static IEnumerable<string> Names => Cases.Select(c => c.Plant);

    public async Task<bool> RunAsync()
    {
        var missed = new List<string>();
        var done = 0;
        foreach (var (plant, after, oracles) in Cases.Where(c => options.OnlyPlant is null || c.Plant == options.OnlyPlant))
        {
            done++;
            var verdicts = await RunOneAsync(plant, after);
            var red = verdicts.Where(v => v.Violations.Count > 0).Select(v => v.Oracle).ToList();
            var isRight = oracles.Length == 0 ? red.Count == 0 : oracles.Intersect(red).Any();
            Console.WriteLine($"{plant,-26} {(oracles.Length == 0 ? "all green" : "seen by " + string.Join(" or ", oracles)),-36} {(isRight ? "ok" : "MISSED")}"
                + (red.Count > 0 ? $"  (red: {string.Join(", ", red)})" : string.Empty));
            if (!isRight)
            {
                missed.Add(plant);
                Report.PrintVerdicts(verdicts);
            }
        }

        Console.WriteLine($"{done - missed.Count} of {done} self-checks as they should be");
        return done > 0 && missed.Count == 0;
    }

    private async Task<IReadOnlyList<Verdict>> RunOneAsync(string plant, int after)
    {
        await using var arena = await Arena.StartAsync(options, plant == Plants.LoseInput ? 200 : null);
        arena.IsKept = options.Keep;
        // One worker has all the tasks, so that whatever is planted comes up.
        var planted = arena.AddWorker(PlantedWorker, plant: plant, plantAfter: after);
        planted.Start();
        arena.Feeder.Start();
        await ActAsync(arena, planted, plant);
        if (after > 0)
        {
            await planted.PlantedAsync(StartLimit);
        }

        await arena.Monitor.RecoveredAsync(Stopwatch.GetTimestamp()).WaitAsync(StartLimit);
        await Task.Delay(500);
        using var strangers = new Strangers(arena.BootstrapServers);
        var evidence = await arena.EndAsync(Silence, () => strangers.Do(plant));
        return Judge.All(evidence);
    }

    /// <summary>What a planted fault needs beside the worker that does wrong.</summary>
    private static async Task ActAsync(Arena arena, WorkerHandle planted, string plant)
    {
        if (plant is Plants.ApplyBeforeCommit)
        {
            // It ends itself, between the local batch and the commit.
            planted.ExpectEnd();
            WaitForEnd(planted);
            arena.RememberState(planted, "after the planted crash");
            planted.Start(withPlant: false);
        }
        else if (plant is Plants.SkipFence)
        {
            // It freezes itself; by the time it goes on, another worker has its tasks.
            await UntilFrozenAsync(planted);
            arena.AddWorker("w2").Start();
            await Task.Delay(Timing.SessionTimeout + TimeSpan.FromSeconds(1.5));
            planted.Signal("CONT");
        }
        else if (plant is Plants.EndByItself)
        {
            await planted.RunningAsync(StartLimit);
            planted.Command("fail");
            WaitForEnd(planted);
            planted.Start(withPlant: false);
        }
    }

    private static void WaitForEnd(WorkerHandle worker)
    {
        if (!worker.WaitForEnd(StartLimit))
        {
            throw new HarnessException($"{worker.Name} was to end by itself, and has not.");
        }
    }

    private static async Task UntilFrozenAsync(WorkerHandle worker)
    {
        using var deadline = new CancellationTokenSource(StartLimit);
        while (!(await File.ReadAllTextAsync($"/proc/{worker.ProcessId}/stat", deadline.Token)).Contains(") T ", StringComparison.Ordinal))
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    /// <summary>Faults that no worker commits but another producer.</summary>
    private sealed class Strangers(string bootstrapServers) : IDisposable
    {
        private IProducer<string, string>? _producer;

        public void Do(string plant)
        {
            if (plant is not (Plants.PastTheEnd or Plants.OpenTransaction))
            {
                return;
            }

            _producer = new ProducerBuilder<string, string>(new ProducerConfig
            {
                BootstrapServers = bootstrapServers,
                TransactionalId = plant,
            }).Build();
            _producer.InitTransactions(StartLimit);
            _producer.BeginTransaction();
            _producer.Produce(
                new Confluent.Kafka.TopicPartition(Workload.RunningMemory, 0), new Message<string, string> { Key = "c-unknown", Value = "1,1,1,1" });
            _producer.Flush(StartLimit);
            if (plant == Plants.PastTheEnd)
            {
                _producer.CommitTransaction(StartLimit);
            }
        }

        public void Dispose() => _producer?.Dispose();
    }
}
