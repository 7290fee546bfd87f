using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Benchmarks.Records;

/// <summary>
/// A topic of many records over fewer keys, filled by this process and compacted by another one, which does nothing else: time,
/// processor time, memory, bytes, and whether exactly the last record of each key is left.
/// </summary>
internal static class CompactionRun
{
    public const string Topic = "compacted";
    private const int RecordsPerBatch = 150;

    public static async Task<bool> RunAsync(Options options)
    {
        int records = (int)options.Number("records", 10_000_000);
        int keys = (int)options.Number("keys", 1_000_000);
        string folder = Directory.CreateDirectory(
            Path.Combine(options.Get("state", Path.GetTempPath()), "compaction-" + Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            KeyedRecords input = new(records, keys);
            Fill(folder, input);
            using Process worker = Process.Start(new ProcessStartInfo(
                Environment.ProcessPath!, ["CompactionWorker", "--data", folder, "--records", Text(records), "--keys", Text(keys)])
            {
                RedirectStandardOutput = true,
            })!;
            string line = await worker.StandardOutput.ReadToEndAsync();
            await worker.WaitForExitAsync();
            if (worker.ExitCode is not (0 or 3))
            {
                throw new InvalidOperationException($"The process that compacts ended with exit code {worker.ExitCode}.");
            }

            Results.Write(JsonNode.Parse(line)!.AsObject(), options);
            return worker.ExitCode == 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The process that compacts.</summary>
    public static int Work(Options options)
    {
        using TopicStore store = TopicStore.Open(new StoreOptions { DataDirectory = options.Need("data"), MaintenanceInterval = TimeSpan.Zero });
        PartitionLog log = store.GetPartition(Topic, 0) ?? throw new InvalidOperationException($"There is no topic '{Topic}'.");
        (long before, double resident, ProcessReading began, int rounds) = (Size(log), ProcessReading.ResidentMb(), ProcessReading.Take(0), 0);
        while (log.Durability.CleanedTo < log.LogEndOffset)
        {
            long cleaned = log.Durability.CleanedTo;
            log.Compact();
            rounds++;
            if (log.Durability.CleanedTo <= cleaned)
            {
                throw new InvalidOperationException($"The compaction stays at offset {cleaned} of {log.LogEndOffset}.");
            }
        }

        ProcessReading ended = ProcessReading.Take(0);
        (double wall, double cpu) = (Stopwatch.GetElapsedTime(began.Clock, ended.Clock).TotalSeconds, ended.Cpu - began.Cpu);
        double peak = ProcessReading.PeakResidentMb();

        // Only now: what should be left takes memory too.
        KeyedRecords input = new((int)options.Number("records", 0), (int)options.Number("keys", 0));
        (int found, ulong hash, bool isRight) = input.Check(log);
        Results.Write(
            new JsonObject
            {
                ["kind"] = "compaction", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["records"] = input.Count, ["keys"] = input.Distinct,
                ["rounds"] = rounds, ["wall_s"] = Results.Round(wall), ["cpu_s"] = Results.Round(cpu),
                ["wall_ns_per_record"] = Results.Round(wall * 1e9 / input.Count), ["cpu_ns_per_record"] = Results.Round(cpu * 1e9 / input.Count),
                ["rss_mb_before"] = Results.Round(resident), ["peak_rss_mb"] = Results.Round(peak), ["bytes_before"] = before,
                ["bytes_after"] = Size(log), ["bytes_per_record_before"] = Results.Round((double)before / input.Count),
                ["bytes_per_record_after"] = Results.Round((double)Size(log) / Math.Max(1, found)), ["records_after"] = found,
                ["hash"] = hash.ToString("x16", CultureInfo.InvariantCulture), ["expected_hash"] = input.Hash.ToString("x16", CultureInfo.InvariantCulture),
                ["ok"] = isRight,
            },
            options);
        return isRight ? 0 : 3;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Size(PartitionLog log) => log.Segments.Sum(static segment => (long)segment.Size);

    private static void Fill(string folder, KeyedRecords input)
    {
        using TopicStore store = TopicStore.Open(new StoreOptions { DataDirectory = folder, MaintenanceInterval = TimeSpan.Zero });
        TopicResult created = store.CreateTopic(Topic, 1, new Dictionary<string, string>
        {
            [TopicConfigs.CleanupPolicyName] = "compact", [TopicConfigs.MinCleanableDirtyRatioName] = "0",

            // The segment that is written to is closed by the next round.
            [TopicConfigs.MaxCompactionLagMsName] = "1",
        });
        PartitionLog log = created.IsSuccess ? created.Topic!.Partitions[0] : throw new InvalidOperationException(created.Message);
        RecordBatchBuilder builder = new();
        byte[] record = new byte[KeyedRecords.RecordBytes];
        for (int i = 0; i < input.Count; i++)
        {
            input.Write(i, record);
            builder.Add(KeyedRecords.TimestampMs, record.AsSpan(0, KeyedRecords.KeyBytes), record.AsSpan(KeyedRecords.KeyBytes));
            if (builder.Count == RecordsPerBatch || i == input.Count - 1)
            {
                AppendResult appended = log.Append(builder.Build(), AppendOrigin.Client);
                if (!appended.IsSuccess)
                {
                    throw new InvalidOperationException($"Record {i} was not taken: {appended.Error} {appended.Message}");
                }

                builder.Reset();
            }
        }
    }
}
