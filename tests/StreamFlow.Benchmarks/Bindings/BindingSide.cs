using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Bindings;

/// <summary>
/// One binding in a process of its own: its first open, where everything is loaded, emitted and compiled, and then the
/// operations of a state store, each over all keys in random order; the second half of each is timed.
/// </summary>
internal sealed class BindingSide(IBinding binding, int records)
{
    internal const long CacheBytes = 128 << 20;
    internal const int MemtableBytes = 16 << 20;
    private const int BatchSize = 1000;
    private const int ValueBytes = 64;
    private const int KeyBytes = 16;
    private readonly byte[] _key = new byte[KeyBytes];
    private readonly byte[] _missing = new byte[KeyBytes];
    private readonly Random _random = new(1);

    public static int Run(Options options)
    {
        var folder = Path.Combine(options.Get("state", Path.GetTempPath()), $"sf-binding-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            var (before, cpu, resident) = (Stopwatch.GetTimestamp(), ProcessReading.OwnCpu(), ProcessReading.ResidentMb());
            using var binding = Open(options.Need("binding"), folder);
            binding.Get(new byte[KeyBytes]);
            var line = new JsonObject
            {
                ["open_ms"] = Results.Round(Stopwatch.GetElapsedTime(before).TotalMilliseconds),
                ["open_cpu_ms"] = Results.Round((ProcessReading.OwnCpu() - cpu) * 1000),
                ["open_resident_mb"] = Results.Round(ProcessReading.ResidentMb() - resident),
            };
            new BindingSide(binding, (int)options.Number("records", 1_000_000)).Measure(line);
            line["resident_mb"] = Results.Round(ProcessReading.ResidentMb());
            Console.WriteLine(line.ToJsonString());
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IBinding Open(string name, string folder) => name switch
    {
        BindingRun.Ours => new OurBinding(folder),
        BindingRun.Sharp => new SharpBinding(folder),
        _ => throw new ArgumentException($"Unknown --binding '{name}'; there are {BindingRun.Ours} and {BindingRun.Sharp}."),
    };

    private void Measure(JsonObject line)
    {
        var pairs = new (byte[] Key, byte[] Value)[BatchSize];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (new byte[KeyBytes], new byte[ValueBytes]);
        }

        Time(line, "put", records / 4, 1, () => Put(pairs.AsSpan(0, 1)));
        Time(line, "batch", records, BatchSize, () => Put(pairs));
        Time(line, "get", records / 2, 1, () => binding.Get(Next(_key)));
        Time(line, "miss", records / 2, 1, () => binding.Get(Miss()));
        var began = ProcessReading.ThreadCpuNanoseconds();
        var bytes = binding.Scan();
        line["scan_ns_per_entry"] =
            Results.Round((ProcessReading.ThreadCpuNanoseconds() - began) / ((double)bytes / (KeyBytes + ValueBytes)));
    }

    /// <summary>Processor time of this thread and bytes it allocates, each per record, over the second half.</summary>
    private static void Time(JsonObject line, string name, int count, int perCall, Action call)
    {
        var calls = count / perCall;
        var (began, allocated) = (0L, 0L);
        for (var i = 0; i < calls; i++)
        {
            if (i == calls / 2)
            {
                (began, allocated) = (ProcessReading.ThreadCpuNanoseconds(), GC.GetAllocatedBytesForCurrentThread());
            }

            call();
        }

        var timed = (double)(calls - (calls / 2)) * perCall;
        line[name + "_ns"] = Results.Round((ProcessReading.ThreadCpuNanoseconds() - began) / timed);
        line[name + "_alloc"] = Results.Round((GC.GetAllocatedBytesForCurrentThread() - allocated) / timed);
    }

    private void Put(Span<(byte[] Key, byte[] Value)> pairs)
    {
        foreach (var (key, value) in pairs)
        {
            _random.NextBytes(value.AsSpan(0, 8));
            Next(key);
        }

        binding.Put(pairs);
    }

    private byte[] Next(byte[] key)
    {
        BinaryPrimitives.WriteInt64BigEndian(key, _random.Next(records));
        return key;
    }

    /// <summary>A key that is not there, between those that are.</summary>
    private byte[] Miss()
    {
        Next(_missing)[^1] = 1;
        return _missing;
    }
}
