using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Restore;

/// <summary>
/// Fills a changelog as an application of that state would have left it, with the records of the Kafka Streams peer: each
/// key once (per window), in scattered order, because sorted keys would flatter the store.
/// </summary>
internal static class Changelog
{
    public const int Windows = 100;
    public const int WindowMs = 600_000;
    private const int WindowSuffix = sizeof(long) + sizeof(int);
    private const long Base = 1_750_000_200_000; // a multiple of ten minutes
    private const long Scatter = 2_654_435_761;
    private static readonly TimeSpan FullWait = TimeSpan.FromMilliseconds(5);

    /// <summary>Writes what follows from the number of a key to the beginning of its value.</summary>
    public delegate void Head(long key, Span<byte> value);

    /// <summary>The shape of a changelog.</summary>
    /// <param name="Records">Number of records.</param>
    /// <param name="ValueBytes">Size of each value.</param>
    /// <param name="IsWindowed">Whether keys carry a window's start and a sequence number.</param>
    public readonly record struct Shape(long Records, int ValueBytes, bool IsWindowed)
    {
        public long Keys => IsWindowed ? Math.Max(1, Records / Windows) : Records;

        /// <summary>Bytes of all keys and values.</summary>
        public long Bytes => Records * (KeyOf(0).Length + (IsWindowed ? WindowSuffix : 0) + ValueBytes);
    }

    /// <summary>Key of a number: <c>k</c> and at least nine digits.</summary>
    public static byte[] KeyOf(long number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"k{number:D9}"));

    public static void Write(IKafkaClients clients, string topicName, Shape shape, long seed = 1, Head? head = null)
    {
        using var producer = clients.CreateProducer(new ProducerRole("fill", null, TimeSpan.FromSeconds(10)));
        var topic = producer.Topic(topicName);
        var value = new byte[shape.ValueBytes];
        for (var i = 0L; i < shape.Records; i++)
        {
            var number = i % shape.Keys * Scatter % shape.Keys;
            var key = KeyOf(number);
            var windowStart = Base + (i / shape.Keys * WindowMs);
            Generator.Raw(seed, i, value);
            head?.Invoke(number, value);
            Send(producer, topic, new ByteRecord
            {
                Key = shape.IsWindowed ? Windowed(key, windowStart) : key,
                HasKey = true,
                Value = value,
                HasValue = true,
                Timestamp = shape.IsWindowed ? windowStart + 1 : Base + i,
            }, Murmur2.Partition(key, topic.PartitionCount));
        }

        if (!producer.Drain(TimeSpan.FromMinutes(1)) || producer.TryTakeFailure(out _))
        {
            throw new TimeoutException("The changelog was not written within a minute.");
        }
    }

    private static void Send(IKafkaProducer producer, ProducerTopic topic, in ByteRecord record, int partition)
    {
        while (!producer.TryProduce(topic, partition, in record, null))
        {
            producer.Poll(FullWait);
        }
    }

    private static byte[] Windowed(byte[] key, long windowStart)
    {
        var stored = new byte[key.Length + WindowSuffix];
        key.CopyTo(stored, 0);
        BinaryPrimitives.WriteInt64BigEndian(stored.AsSpan(key.Length), windowStart);
        return stored;
    }
}
