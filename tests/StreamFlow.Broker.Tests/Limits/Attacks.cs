using System.Buffers.Binary;
using System.IO.Compression;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>What somebody may try who can connect and means no good. Each is a name and what it does to a broker with a topic "t".</summary>
internal static class Attacks
{
    private const int Kilo = 1000;
    private const int Mega = Kilo * Kilo;

    public static IReadOnlyDictionary<string, Func<Attacker, Task>> All { get; } = new Dictionary<string, Func<Attacker, Task>>
    {
        ["one DescribeConfigs that names a topic 240,000 times"] = a => a.SendAndReadAsync(1, DescribeConfigs(2, 240 * Kilo, static _ => "t")),
        ["DescribeConfigs of 100,000 groups that there are not"] = a => a.SendAndReadAsync(1, DescribeConfigs(32, 100 * Kilo, static i => $"{i}")),
        ["100 connections ask for the settings of 1,000 groups, 12 times, and never read"] =
            a => a.SendAndNeverReadAsync(100, 12, DescribeConfigs(32, Kilo, static i => $"{i}")),
        ["30 connections fetch 60 MB, 4 times, and never read"] = FetchAndNeverReadAsync,
        ["ListOffsets looks into 400 MB in a batch of 400 KB, 20 times"] = LookIntoBombAsync,
        ["20 JoinGroups of 15 MB whose connections close"] = JoinLargeAsync,
        ["JoinGroups of 5,000 newcomers with names of 30 KB"] = HandOutIdsAsync,
        ["60 connections begin a request of 100 MB, send 4 MB of it, and wait"] = BeginAndWaitAsync,
        ["Metadata with 4,000,000 names"] = a => a.SendAndReadAsync(4, ManyNames(4 * Mega)),
        ["ApiVersions with 5,000,000 tagged fields"] = a => a.SendAndReadAsync(4, ManyTags(5 * Mega)),
        ["Metadata for 20,000 topics that there are not"] = a => a.SendAndReadAsync(1, Attacker.Frame(
            "Metadata", 8, Requests.Metadata([.. Enumerable.Range(0, a.Times(20 * Kilo)).Select(static i => $"new-{i}")]))),
        ["CreateTopics that only validates 100,000 names"] = a => a.SendAndReadAsync(1, ValidateTopics(100 * Kilo)),
        ["20 connections look for 100,000 coordinators, 8 times, and never read"] =
            a => a.SendAndNeverReadAsync(20, 8, FindCoordinators(100 * Kilo)),
        ["a transaction with 1,000,000 partitions"] = AddPartitionsAsync,
        ["DescribeGroups that names a group 20,000 times"] = DescribeAgainAsync,
        ["OffsetFetch that names a group 50,000 times"] = FetchOffsetsAgainAsync,
        ["commits of 4 KB notes by 3,000 groups"] = CommitNotesAsync,
        ["3,000 transactional ids of 30 KB"] = InitProducersAsync,
        ["50 PushTelemetry of 1 MB"] = a => a.SendAndReadAsync(a.Times(50), Attacker.Frame("PushTelemetry", 0, new WireStruct
        {
            ["client_instance_id"] = Guid.NewGuid(), ["compression_type"] = 1, ["metrics"] = Zip(new byte[100 * Mega]),
        })),
    };

    private static byte[] DescribeConfigs(int type, int count, Func<int, string> name) => Attacker.Frame("DescribeConfigs", 4, new WireStruct
    {
        ["resources"] = Enumerable.Range(0, count).Select(
            i => new WireStruct { ["resource_type"] = type, ["resource_name"] = name(i), ["configuration_keys"] = null }).ToArray(),
        ["include_synonyms"] = true,
        ["include_documentation"] = true,
    });

    private static async Task FetchAndNeverReadAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        byte[] batch = TestBatch.Build(new string('x', Mega));
        for (int i = 0; i < 60; i++)
        {
            await client.ProduceAsync("t", 0, batch);
        }

        await attacker.SendAndNeverReadAsync(30, 4, Attacker.Frame("Fetch", 11, Requests.Fetch("t", 0, 0, partitionMaxBytes: 55 << 20)));
    }

    private static async Task LookIntoBombAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        await client.ProduceAsync("t", 0, Bomb(attacker.Times(400 * Mega)));
        WireStruct request = new()
        {
            ["replica_id"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = "t",
                ["partitions"] = new WireStruct { ["partition_index"] = 0, ["current_leader_epoch"] = -1, ["timestamp"] = 1L },
            },
        };
        await attacker.SendAndReadAsync(attacker.Times(20), Attacker.Frame("ListOffsets", 5, request));
    }

    /// <summary>A batch whose only record is that many zeros.</summary>
    private static byte[] Bomb(int bytes)
    {
        byte[] batch = [.. TestBatch.Build(new TestBatchOptions { Attributes = 1 }, "x")[..61], .. Zip(new byte[bytes])];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        StreamFlow.Protocol.Records.RecordBatch.WriteCrc(batch);
        return batch;
    }

    private static byte[] Zip(byte[] plain)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        return zipped.ToArray();
    }

    private static async Task JoinLargeAsync(Attacker attacker)
    {
        await (await attacker.ConnectAsync()).StableMemberAsync();
        WireStruct join = GroupRequests.Join();
        join["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[15 * Mega] };
        await attacker.SendAndNeverReadAsync(20, 1, Attacker.Frame("JoinGroup", 3, join));
        await Task.Delay(500);
        attacker.HangUp();
    }

    private static async Task HandOutIdsAsync(Attacker attacker)
    {
        byte[] frame = Attacker.FrameOf(new string('n', 30 * Kilo), "JoinGroup", 4, GroupRequests.Join());
        RawClient client = await attacker.ConnectAsync();
        for (int i = 0; i < attacker.Times(5 * Kilo) && await Attacker.TrySendAsync(client, frame) && await Attacker.TryReceiveAsync(client) is not null; i++)
        {
        }
    }

    private static Task BeginAndWaitAsync(Attacker attacker)
    {
        byte[] begun = new byte[4 * Mega];
        BinaryPrimitives.WriteInt32BigEndian(begun, 100 * Mega);
        RawClient.Header(0, 8, 1, flexible: false).CopyTo(begun, 4);
        return attacker.SendAndNeverReadAsync(60, 1, begun);
    }

    private static byte[] ManyNames(int count)
    {
        byte[] header = RawClient.Header(3, 1, 1, flexible: false);
        byte[] body = new byte[header.Length + 4 + (2 * count)];
        header.CopyTo(body, 0);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(header.Length), count);
        return Attacker.Framed(body);
    }

    private static byte[] ManyTags(int count)
    {
        byte[] header = RawClient.Header(18, 3, 1, flexible: true)[..^1];
        List<byte> body = [.. header];
        LayoutCodec.WriteUnsignedVarint(body, (uint)count);
        byte[] tags = new byte[(3 * count) + 3];
        for (int i = 0; i < count; i++)
        {
            (tags[3 * i], tags[(3 * i) + 1], tags[(3 * i) + 2]) = (99, 1, 7);
        }

        return Attacker.Framed([.. body, .. tags]);
    }

    private static byte[] ValidateTopics(int count) => Attacker.Frame("CreateTopics", 5, new WireStruct
    {
        ["topics"] = Enumerable.Range(0, count).Select(
            static i => new WireStruct { ["name"] = $"new-{i}", ["num_partitions"] = 1, ["replication_factor"] = 1 }).ToArray(),
        ["validate_only"] = true,
    });

    private static byte[] FindCoordinators(int count) => Attacker.Frame("FindCoordinator", 4, new WireStruct
    {
        ["coordinator_keys"] = Enumerable.Range(0, count).Select(static i => $"group-{i}").ToArray(),
    });

    private static async Task AddPartitionsAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        WireStruct producer = await client.CallAsync("InitProducerId", 1, new WireStruct
        {
            ["transactional_id"] = "x", ["transaction_timeout_ms"] = 60_000,
        });
        await attacker.SendAndReadAsync(5, Attacker.Frame("AddPartitionsToTxn", 2, new WireStruct
        {
            ["transactional_id"] = "x",
            ["producer_id"] = producer.Number("producer_id"),
            ["producer_epoch"] = producer.Number("producer_epoch"),
            ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = Enumerable.Range(0, Mega).ToArray() },
        }));
    }

    private static async Task DescribeAgainAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        WireStruct join = GroupRequests.Join();
        join["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[20 * Kilo] };
        string member = (await client.CallAsync("JoinGroup", 3, join)).Text("member_id")!;
        await client.CallAsync("SyncGroup", 2, GroupRequests.Member(member, 1));
        await attacker.SendAndReadAsync(1, Attacker.Frame(
            "DescribeGroups", 0, new WireStruct { ["groups"] = Enumerable.Repeat("g", 20 * Kilo).ToArray() }));
    }

    private static async Task FetchOffsetsAgainAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        await client.CallAsync("OffsetCommit", 5, Commit("g"));
        await attacker.SendAndReadAsync(1, Attacker.Frame("OffsetFetch", 8, new WireStruct
        {
            ["groups"] = Enumerable.Range(0, 50 * Kilo).Select(static _ => new WireStruct { ["group_id"] = "g", ["topics"] = null }).ToArray(),
        }));
    }

    private static async Task CommitNotesAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        for (int i = 0; i < attacker.Times(3 * Kilo); i++)
        {
            if (!await Attacker.TrySendAsync(client, Attacker.Frame("OffsetCommit", 5, Commit($"group-{i}")))
                || await Attacker.TryReceiveAsync(client) is null)
            {
                return;
            }
        }
    }

    private static WireStruct Commit(string group) => new()
    {
        ["group_id"] = group,
        ["generation_id"] = -1,
        ["topics"] = new WireStruct
        {
            ["name"] = "t",
            ["partitions"] = Enumerable.Range(0, 8).Select(static p => new WireStruct
            {
                ["partition_index"] = p, ["committed_offset"] = 1, ["committed_metadata"] = new string('n', 4096),
            }).ToArray(),
        },
    };

    private static async Task InitProducersAsync(Attacker attacker)
    {
        RawClient client = await attacker.ConnectAsync();
        for (int i = 0; i < attacker.Times(3 * Kilo); i++)
        {
            byte[] frame = Attacker.Frame("InitProducerId", 1, new WireStruct
            {
                ["transactional_id"] = $"{i}{new string('i', 30 * Kilo)}", ["transaction_timeout_ms"] = 60_000,
            });
            if (!await Attacker.TrySendAsync(client, frame) || await Attacker.TryReceiveAsync(client) is null)
            {
                return;
            }
        }
    }
}
