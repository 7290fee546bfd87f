using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Records;

namespace StreamFlow.Cli.Measuring;

/// <summary>bench produce: sends records and measures, from when each was made to when it was confirmed.</summary>
internal sealed class BenchProduce
{
    private static readonly byte[] NoHeaders = [0];

    private readonly Argument<string> _topic = new("topic") { Description = "Where the records go" };
    private readonly Option<int?> _records = Values.Number("--records", 1, int.MaxValue, "How many (default: 1000000)");
    private readonly Option<int?> _size = Values.Number("--size", 1, 10_000_000, "Bytes of each value (default: 100)", "bytes");
    private readonly Option<int?> _throughput = Values.Number("--throughput", 1, int.MaxValue, "Records per second at most (default: as many as possible)");
    private readonly Option<string?> _acks = Values.Word("--acks", ["0", "1", "all"], "When a record counts as sent (default: all)");
    private readonly Option<string?> _codec = Values.Word("--compression", [.. Codec.All.Select(static c => c.Name)], "How batches are compressed (default: none)");
    private readonly Option<int?> _batch = Values.Number("--batch-size", 1, 10_000_000, "Bytes of a batch (default: 65536)", "bytes");
    private readonly Option<int?> _inFlight = Values.Number("--in-flight", 1, 5, "Requests that may wait for their answer (default: 5)");

    public static Command Create(Surroundings surroundings)
    {
        BenchProduce command = new();
        return CommandParts.Leaf(
            "produce", "Send records as fast as they are taken", ["streamflow bench produce load --records 1000000 --size 1024 --acks all"],
            [command._topic, command._records, command._size, command._throughput, command._acks, command._codec, command._batch, command._inFlight], surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        await using Cluster cluster = context.Connect();
        RecordProducer producer = new(cluster, context.Get(_topic), new ProducerOptions
        {
            Acks = context.Get(_acks) switch { "0" => 0, "1" => 1, _ => -1 },
            Codec = Codec.All.First(c => c.Name == (context.Get(_codec) ?? "none")),
            BatchBytes = context.Get(_batch) ?? 64 * 1024,
        });
        await producer.StartAsync(context.Cancelled).ConfigureAwait(false);
        int size = context.Get(_size) ?? 100;
        Latencies latencies = new();
        long start = context.Time.GetTimestamp();
        int sent = await SendAsync(context, producer, size, latencies).ConfigureAwait(false);
        TimeSpan took = context.Time.GetElapsedTime(start);
        Table table = new(
            new("Records", "records", true), new("Seconds", "seconds", true), new("Records/s", "recordsPerSecond", true), new("MiB/s", "mebibytesPerSecond", true),
            new("Mean ms", "meanMs", true), new("p50 ms", "p50Ms", true), new("p99 ms", "p99Ms", true), new("p99.9 ms", "p999Ms", true), new("Max ms", "maxMs", true));
        double seconds = Math.Max(took.TotalSeconds, 1e-9);
        table.Add(
            sent, seconds, sent / seconds, sent / seconds * size / (1 << 20), latencies.Mean, latencies.Percentile(50), latencies.Percentile(99), latencies.Percentile(99.9), latencies.Max);
        context.Show(table);
        return ExitCode.Success;
    }

    private async Task<int> SendAsync(CommandContext context, RecordProducer producer, int size, Latencies latencies)
    {
        int count = context.Get(_records) ?? 1_000_000;
        double rate = context.Get(_throughput) ?? double.PositiveInfinity;
        byte[] value = Value(size);
        Queue<Task> waiting = new();
        List<long> made = [];
        long start = context.Time.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            bool isEarly = i / rate > context.Time.GetElapsedTime(start).TotalSeconds;
            made.Add(context.Time.GetTimestamp());
            bool isFull = producer.Add(null, context.Time.GetUtcNow().ToUnixTimeMilliseconds(), null, value, NoHeaders);
            if (!isFull && !isEarly && i < count - 1)
            {
                continue;
            }

            if (waiting.Count == (context.Get(_inFlight) ?? 5))
            {
                await waiting.Dequeue().ConfigureAwait(false);
            }

            waiting.Enqueue(ConfirmAsync(context, producer, made, latencies));
            made = [];
            if (isEarly)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, (i / rate) - context.Time.GetElapsedTime(start).TotalSeconds)), context.Time, context.Cancelled).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(waiting).ConfigureAwait(false);
        return count;
    }

    private static async Task ConfirmAsync(CommandContext context, RecordProducer producer, List<long> made, Latencies latencies)
    {
        await producer.SendAsync(producer.Take(), context.Cancelled).ConfigureAwait(false);
        lock (latencies)
        {
            made.ForEach(at => latencies.Add(context.Time.GetElapsedTime(at)));
        }
    }

    /// <summary>Letters that compress about as text does, the same in every run.</summary>
    private static byte[] Value(int size)
    {
        Random random = new(1);
        byte[] value = new byte[size];
        for (int i = 0; i < size; i++)
        {
            value[i] = (byte)('a' + random.Next(26));
        }

        return value;
    }
}
