using System.Buffers.Binary;
using System.Text;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>
/// Makes requests from the layouts: each field gets a value that somebody might send, or one at the edge of what its type can
/// hold, and a part of the requests is then changed byte by byte, cut off, or is none at all.
/// </summary>
internal sealed class RequestGenerator(Random random)
{
    private static readonly ApiLayout[] Apis = [.. ApiTable.All.Select(static x => WireLayout.All[(int)x.Key])];

    private static readonly string[] Names =
    [
        "t", "t", "t", "made", "g", "g", "absent", "1", "", "__consumer_offsets", "__transaction_state", "range", "uniform", "consumer",
        "Stable", "PLAIN", "SCRAM-SHA-256", "compression.type", "zstd", "cleanup.policy", "compact", "retention.ms", "INFO", "*",
        "User:*", ".*", "(a+)+$", "a\nb\u0000", "ünïcode-✓", "..", "a/b", new('n', 249), new('n', 250), new('l', 30_000),
    ];

    private static readonly long[] Edges =
        [0, 0, 0, 1, 1, 2, 3, 4, 5, 8, 10, 32, 100, 1000, 10_000, -1, -1, -2, -3, 127, -128, short.MaxValue, short.MinValue, int.MaxValue,
            int.MinValue, long.MaxValue, long.MinValue, 1_700_000_000_000];

    /// <summary>The id of a topic that there is.</summary>
    public Guid TopicId { get; init; }

    /// <summary>What a client may have learnt: ids of members and of producers.</summary>
    public List<object> Learnt { get; } = [];

    public byte[] Next()
    {
        int kind = random.Next(10);
        if (kind == 0)
        {
            return Noise();
        }

        ApiLayout api = Apis[random.Next(Apis.Length)];
        int version = random.Next(api.Versions.Min, api.Versions.Max + 1);
        bool flexible = version >= api.FlexibleFrom;
        WireStruct request = random.Next(8) == 0 ? MinimalRequests.For(api.Name) : Struct(api.Request, version, 0);
        byte[] frame =
        [
            .. RawClient.Header(api.Key, version, random.Next(), flexible),
            .. LayoutCodec.Encode(api.Request, version, flexible, request, unknownTags: random.Next(10) == 0),
        ];
        return kind <= 3 ? Changed(frame) : frame;
    }

    private byte[] Noise()
    {
        byte[] body = new byte[random.Next(4) == 0 ? random.Next(5000) : random.Next(200)];
        random.NextBytes(body);
        int key = random.Next(3) == 0 ? random.Next(short.MinValue, short.MaxValue) : Apis[random.Next(Apis.Length)].Key;
        return [.. RawClient.Header(key, random.Next(-1, 15), random.Next(), random.Next(2) == 0), .. body];
    }

    private byte[] Changed(byte[] frame)
    {
        List<byte> bytes = [.. frame];
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 12; changes--)
        {
            int at = random.Next(4, bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = 0xFF;
                    break;
                case 1:
                    bytes[at] = 0x7F;
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 4 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. bytes];
    }

    private WireStruct Struct(LayoutType type, int version, int depth)
    {
        WireStruct made = [];
        foreach (LayoutField field in type.Fields)
        {
            if (field.Tag is null && field.Versions.Contains(version))
            {
                made[field.Name] = Value(field.Type, field.Name, version, depth);
            }
        }

        return made;
    }

    private object? Value(LayoutType type, string name, int version, int depth)
    {
        if (type.Nullable.Contains(version) && random.Next(6) == 0)
        {
            return null;
        }

        switch (type.Kind)
        {
            case LayoutKind.Struct:
                return Struct(type, version, depth + 1);
            case LayoutKind.Array:
                int count = random.Next(60) == 0 && depth < 2 ? random.Next(100) : random.Next(depth > 2 ? 2 : 4);
                return Enumerable.Range(0, count).Select(_ => Value(type.Element!, name, version, depth + 1)).ToArray();
            default:
                return Primitive(type.Primitive, name);
        }
    }

    private object? Primitive(string type, string name) => type switch
    {
        "str" => Learnt.Count > 0 && random.Next(6) == 0 ? Learnt[random.Next(Learnt.Count)].ToString() : Names[random.Next(Names.Length)],
        "bytes" => Bytes(),
        "records" => Records(),
        "uuid" => random.Next(2) == 0 ? TopicId : random.Next(2) == 0 ? Guid.Empty : new Guid(random.Next(5), 0, 0, new byte[8]),
        "bool" => random.Next(2),
        // A wait of the client's choice is as long as it says, and nothing to be tried by the million.
        _ when name is "max_wait_ms" => (long)random.Next(-1, 3),
        _ when Learnt.Count > 0 && random.Next(8) == 0 && Learnt[random.Next(Learnt.Count)] is long learnt => learnt,
        _ => Edges[random.Next(Edges.Length)],
    };

    private byte[] Bytes()
    {
        byte[] bytes = new byte[random.Next(50) == 0 ? random.Next(20_000) : random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Records()
    {
        if (random.Next(4) == 0)
        {
            return Bytes();
        }

        byte[] batch = TestBatch.Build(
            new TestBatchOptions
            {
                Attributes = (short)(random.Next(3) == 0 ? random.Next(0x40) : 0),
                ProducerId = random.Next(3) == 0 ? random.Next(2000) : -1,
                ProducerEpoch = (short)(random.Next(3) == 0 ? 0 : -1),
                BaseSequence = random.Next(3) == 0 ? 0 : -1,
            },
            [.. Enumerable.Range(0, random.Next(1, 4)).Select(static i => $"value {i}")]);
        if (random.Next(3) == 0)
        {
            batch[random.Next(batch.Length)] = (byte)random.Next(256);
            if (random.Next(2) == 0)
            {
                StreamFlow.Protocol.Records.RecordBatch.WriteCrc(batch);
            }
        }

        return batch;
    }
}
