using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using StreamFlow.Benchmarks.Peer;

namespace StreamFlow.Benchmarks.Latency;

/// <summary>
/// A bare producer and a bare consumer of librdkafka, in one process with one clock. Each record carries the time at which it
/// was due, so that a sender that stalls makes the latency longer and not the load smaller.
/// </summary>
internal sealed class LatencyProbe(string bootstrap, string input, string output, int partitions)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly List<(long Due, long Arrived)> _results = new(1 << 17);
    private long _last;
    private volatile bool _finished;

    /// <summary>Sends the load and waits for its results.</summary>
    /// <returns>Milliseconds of each measured record, ascending.</returns>
    public double[] Measure(LatencyLoad load)
    {
        _last = load.Unmeasured + load.Measured;
        var receiver = new Thread(Receive) { IsBackground = true };
        receiver.Start(load);
        var measuredFrom = Send(load);
        if (!receiver.Join(Patience))
        {
            _finished = true;
            receiver.Join();
        }

        return [.. _results.Where(r => r.Due >= measuredFrom)
            .Select(r => Stopwatch.GetElapsedTime(r.Due, r.Arrived).TotalMilliseconds).Order()];
    }

    private static long After(long begin, long index, long rate) => begin + (index * Stopwatch.Frequency / rate);

    private static void WaitUntil(long due)
    {
        for (var left = due - Stopwatch.GetTimestamp(); left > 0; left = due - Stopwatch.GetTimestamp())
        {
            // Thread.Sleep knows whole milliseconds only, and spinning would take a core from the others.
            _ = Sleep((uint)Math.Max(1, left * 1_000_000 / Stopwatch.Frequency));
        }
    }

    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int Sleep(uint microseconds);

    private long Send(LatencyLoad load)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = bootstrap, LingerMs = 0, EnableIdempotence = true }).Build();
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0L; i < _last; i++)
        {
            var due = After(begin, i, load.Rate);
            WaitUntil(due);
            var message = load.Orders ? OrderMessage(i, due) : RawMessage(i, due);
            producer.Produce(
                new Confluent.Kafka.TopicPartition(input, Clients.Murmur2.Partition(message.Key, partitions)), message);
        }

        producer.Flush(Patience);
        return After(begin, load.Unmeasured, load.Rate);
    }

    private static Message<byte[], byte[]> RawMessage(long index, long due)
    {
        var (key, value) = (new byte[sizeof(long)], new byte[100]);
        BinaryPrimitives.WriteInt64BigEndian(key, index);
        BinaryPrimitives.WriteInt64BigEndian(value, due);
        return new() { Key = key, Value = value };
    }

    private static Message<byte[], byte[]> OrderMessage(long index, long due)
    {
        var order = new Order
        {
            OrderId = string.Create(CultureInfo.InvariantCulture, $"o{index:D9}"),
            CustomerId = string.Create(CultureInfo.InvariantCulture, $"c{index % 10_000}"),
            Category = string.Create(CultureInfo.InvariantCulture, $"cat{index * 7919 % 50}"),
            Region = "eu",
            Status = "placed",
            Amount = 12.34,
            Ts = due,
        };
        return new()
        {
            Key = Encoding.ASCII.GetBytes(order.OrderId),
            Value = JsonSerializer.SerializeToUtf8Bytes(order, ModelJson.Default.Order),
        };
    }

    private void Receive(object? load)
    {
        var orders = ((LatencyLoad)load!).Orders;
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = output + "-probe",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(output, p, Offset.Beginning)));
        while (!_finished && _results.Count < _last)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } record)
            {
                var arrived = Stopwatch.GetTimestamp();
                _results.Add((orders ? Last(record.Message.Value) : BinaryPrimitives.ReadInt64BigEndian(record.Message.Value), arrived));
            }
        }
    }

    /// <summary>The time of the last order in a result.</summary>
    private static long Last(byte[] json)
    {
        using var result = JsonDocument.Parse(json);
        return result.RootElement.GetProperty("last").GetInt64();
    }
}
