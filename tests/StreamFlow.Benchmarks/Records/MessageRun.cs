using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Benchmarks.Records;

/// <summary>Writing and reading the messages that clients send most, beside a copy of the same bytes, by turns.</summary>
internal static class MessageRun
{
    private const int Partitions = 4;
    private const int MetadataPartitions = 1000;

    public static bool Run(Options options)
    {
        int rounds = (int)options.Number("rounds", 7);
        byte[] batch = OrderBatches.Orders(1, 1, 1 << 10)[0];
        Guid id = Guid.NewGuid();
        return Measure("Produce request, 4 partitions of 1 KiB", 13, Produce(id, batch), rounds, options)
            & Measure("Produce response, 4 partitions", 13, Produced(id), rounds, options)
            & Measure("Fetch request, 4 partitions", 18, Fetch(id), rounds, options)
            & Measure("Fetch response, 4 partitions of 1 KiB", 18, Fetched(id, batch), rounds, options)
            & Measure("Metadata response, 1,000 partitions", 13, Described(id), rounds, options);
    }

    private static bool Measure<T>(string name, short version, T message, int rounds, Options options)
        where T : IWireType<T>
    {
        byte[] bytes = Encode(message, version);
        byte[] copy = new byte[bytes.Length];
        bool isRight = Encode(Decode<T>(bytes, version), version).AsSpan().SequenceEqual(bytes);
        double[] taken = RecordsRun.ByTurns(
            rounds, () => Write(message, version), () => _ = Decode<T>(bytes, version), () => bytes.CopyTo(copy, 0));
        Results.Write(
            new JsonObject
            {
                ["kind"] = "message", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["message"] = name, ["version"] = version,
                ["bytes"] = bytes.Length, ["encode_ns"] = Results.Round(taken[0]), ["decode_ns"] = Results.Round(taken[1]),
                ["copy_ns"] = Results.Round(taken[2]), ["encode_alloc"] = Allocated(() => Write(message, version)),
                ["decode_alloc"] = Allocated(() => _ = Decode<T>(bytes, version)), ["ok"] = isRight,
            },
            options);
        return isRight;
    }

    private static double Allocated(Action work)
    {
        const int Times = 1000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordsRun.Repeat(Times, work);
        return Results.Round((double)(GC.GetAllocatedBytesForCurrentThread() - before) / Times);
    }

    /// <summary>As an answer or a request is made for the socket: in the pieces it consists of.</summary>
    private static void Write<T>(T message, short version)
        where T : IWireType<T>
    {
        using WireWriter writer = new() { Version = version, Flexible = true };
        message.Write(writer);
        _ = writer.Complete();
    }

    private static byte[] Encode<T>(T message, short version)
        where T : IWireType<T>
    {
        using WireWriter writer = new() { Version = version, Flexible = true };
        message.Write(writer);
        return [.. writer.Complete().SelectMany(static piece => piece).Skip(sizeof(int))];
    }

    private static T Decode<T>(byte[] bytes, short version)
        where T : IWireType<T>
    {
        WireReader reader = new(bytes) { Version = version, Flexible = true };
        return T.Read(ref reader);
    }

    private static ProduceRequest Produce(Guid id, byte[] batch) => new()
    {
        Acks = -1, TimeoutMs = 30_000,
        TopicData =
        [
            new ProduceRequestTopicData
            {
                TopicId = id,
                PartitionData = Each(i => new ProduceRequestPartitionData { Index = i, Records = WireRecords.Of(batch) }),
            },
        ],
    };

    private static ProduceResponse Produced(Guid id) => new()
    {
        Responses =
        [
            new ProduceResponseResponses
            {
                TopicId = id,
                PartitionResponses = Each(i => new ProduceResponsePartitionResponses
                {
                    Index = i, BaseOffset = 1_000_000 + i, LogAppendTimeMs = -1, LogStartOffset = 0, RecordErrors = [],
                }),
            },
        ],
    };

    private static FetchRequest Fetch(Guid id) => new()
    {
        MaxWaitMs = 500, MinBytes = 1, MaxBytes = 50 << 20, SessionEpoch = -1,
        Topics =
        [
            new FetchRequestTopics
            {
                TopicId = id,
                Partitions = Each(i => new FetchRequestPartitions
                {
                    Partition = i, FetchOffset = 1_000_000 + i, LastFetchedEpoch = -1, LogStartOffset = -1, PartitionMaxBytes = 1 << 20,
                    HighWatermark = long.MaxValue,
                }),
            },
        ],
        ForgottenTopicsData = [],
        RackId = "",
    };

    private static FetchResponse Fetched(Guid id, byte[] batch) => new()
    {
        Responses =
        [
            new FetchResponseResponses
            {
                TopicId = id,
                Partitions = Each(i => new FetchResponsePartitions
                {
                    PartitionIndex = i, HighWatermark = 1_000_000, LastStableOffset = 1_000_000, PreferredReadReplica = -1,
                    AbortedTransactions = null, Records = WireRecords.Of(batch),
                }),
            },
        ],
    };

    private static MetadataResponse Described(Guid id) => new()
    {
        Brokers = [new MetadataResponseBrokers { NodeId = 1, Host = "127.0.0.1", Port = 9092 }],
        ClusterId = "cluster",
        ControllerId = 1,
        Topics =
        [
            new MetadataResponseTopics
            {
                Name = "orders", TopicId = id, TopicAuthorizedOperations = int.MinValue,
                Partitions =
                [
                    .. Enumerable.Range(0, MetadataPartitions).Select(static i => new MetadataResponsePartitions
                    {
                        PartitionIndex = i, LeaderId = 1, ReplicaNodes = [1], IsrNodes = [1], OfflineReplicas = [],
                    }),
                ],
            },
        ],
    };

    private static T[] Each<T>(Func<int, T> of) => [.. Enumerable.Range(0, Partitions).Select(of)];
}
