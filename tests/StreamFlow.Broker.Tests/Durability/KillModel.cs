using System.Globalization;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// Clients of raw requests that live through kills of the broker, each in a loop of its own, and what each was told. A
/// killed process takes nothing with it that it has written: whatever was acknowledged must be there, whatever the policy.
/// </summary>
internal sealed class KillModel(int seed)
{
    private const int Keys = 20;
    private readonly Random _random = new(seed);
    private readonly Dictionary<long, string> _plain = [];
    private readonly HashSet<string> _sent = [];
    private readonly Dictionary<string, int> _latest = [];
    private readonly Dictionary<string, int> _keySent = [];
    private readonly Dictionary<string, bool?> _topics = [];
    private long _idempotentId = -1;
    private int _idempotent;
    private int _next;
    private int _committed = -1;
    private int _commitSent = -1;
    private long _start;
    private long _startSent;

    public int Acknowledged { get; private set; }

    public KillTransactions Transactions { get; } = new(seed, version: 3, "t");

    public KillTransactions Transactions2 { get; } = new(seed + 1, version: 5, "u");

    public KillRetention Retention { get; } = new();

    /// <summary>Loops until the broker is gone.</summary>
    public Task RunAsync(int port) => Task.WhenAll(
        LoopAsync(port, PlainAsync), LoopAsync(port, IdempotentAsync), LoopAsync(port, Transactions.StepAsync),
        LoopAsync(port, Transactions2.StepAsync), LoopAsync(port, KeyedAsync), LoopAsync(port, OthersAsync),
        LoopAsync(port, Retention.StepAsync));

    public async Task VerifyAsync(int port)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        await VerifyPlainAsync(client);
        List<(long Offset, string Value)> idempotent = await KillReader.AllAsync(client, "idempotent");
        Assert.Equal(Enumerable.Range(0, idempotent.Count).Select(Text), idempotent.Select(static x => x.Value));
        Assert.InRange(idempotent.Count, _idempotent, _idempotent + 1);
        await VerifyKeyedAsync(client);
        await VerifyOthersAsync(client);
        await Transactions.VerifyAsync(client);
        await Transactions2.VerifyAsync(client);
        await Retention.VerifyAsync(client);
    }

    private static async Task LoopAsync(int port, Func<RawClient, Task> step)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(port);
            while (true)
            {
                await step(client);
            }
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // The broker was killed; whoever waited for an answer does not know.
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task PlainAsync(RawClient client)
    {
        string value = Text(Interlocked.Increment(ref _next));
        _sent.Add(value);
        WireStruct answer = await client.ProduceAsync("plain", 0, TestBatch.Build(value));
        Assert.Equal(0, answer.Number("error_code"));
        Assert.True(_plain.TryAdd(answer.Number("base_offset"), value), "An offset was used twice.");
        Acknowledged++;
    }

    private async Task IdempotentAsync(RawClient client)
    {
        if (_idempotentId < 0)
        {
            WireStruct id = await client.CallAsync("InitProducerId", 3, new WireStruct
            {
                ["transactional_id"] = null, ["transaction_timeout_ms"] = 1, ["producer_id"] = -1, ["producer_epoch"] = -1,
            });
            _idempotentId = id.Number("producer_id");
        }

        byte[] batch = TestBatch.Build(
            new TestBatchOptions { ProducerId = _idempotentId, ProducerEpoch = 0, BaseSequence = _idempotent }, Text(_idempotent));
        WireStruct answer = await client.ProduceAsync("idempotent", 0, batch);
        Assert.Equal(0, answer.Number("error_code"));
        _idempotent++;
        Acknowledged++;
    }

    private async Task KeyedAsync(RawClient client)
    {
        string key = "k" + Text(_random.Next(Keys));
        int value = _keySent.GetValueOrDefault(key) + 1;
        _keySent[key] = value;
        byte[] batch = Batches.Keyed(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), (key, key + "=" + Text(value)));
        Assert.Equal(0, (await client.ProduceAsync("compact", 0, batch)).Number("error_code"));
        _latest[key] = value;
        Acknowledged++;
    }

    private async Task OthersAsync(RawClient client)
    {
        int number = Interlocked.Increment(ref _next);
        switch (number % 4)
        {
            case 0:
                _startSent = Math.Max(_startSent, Math.Max(0, _plain.Count - 500));
                WireStruct deleted = await client.CallAsync("DeleteRecords", 1, new WireStruct
                {
                    ["topics"] = new WireStruct
                    {
                        ["name"] = "plain",
                        ["partitions"] = new WireStruct { ["partition_index"] = 0, ["offset"] = _startSent },
                    },
                    ["timeout_ms"] = 10_000,
                });
                Assert.Equal(0, deleted.Only("topics").Only("partitions").Number("error_code"));
                _start = _startSent;
                break;
            case 1:
                string topic = "x" + Text(number % 3);
                bool exists = _topics.GetValueOrDefault(topic) ?? await ExistsAsync(client, topic);
                _topics[topic] = null;
                await (exists ? DeleteAsync(client, topic) : client.CreateAsync(topic));
                _topics[topic] = !exists;
                break;
            default:
                _commitSent++;
                Assert.Equal(0, await CommitAsync(client, _commitSent));
                _committed = _commitSent;
                break;
        }
    }

    private static async Task DeleteAsync(RawClient client, string topic)
    {
        WireStruct answer = await client.CallAsync(
            "DeleteTopics", 3, new WireStruct { ["topic_names"] = new[] { topic }, ["timeout_ms"] = 10_000 });
        Assert.Equal(0, answer.Only("responses").Number("error_code"));
    }

    private static async Task<bool> ExistsAsync(RawClient client, string topic)
    {
        WireStruct request = Requests.Metadata(topic);
        request["allow_auto_topic_creation"] = false;
        return (await client.CallAsync("Metadata", 7, request)).Only("topics").Number("error_code") == 0;
    }

    private static async Task<long> CommitAsync(RawClient client, int offset) => (await client.CallAsync(
        "OffsetCommit", 2, new WireStruct
        {
            ["group_id"] = "g",
            ["generation_id"] = -1,
            ["member_id"] = "",
            ["retention_time_ms"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = "plain",
                ["partitions"] = new WireStruct { ["partition_index"] = 0, ["committed_offset"] = offset },
            },
        })).Only("topics").Only("partitions").Number("error_code");

    private async Task VerifyPlainAsync(RawClient client)
    {
        List<(long Offset, string Value)> found = await KillReader.AllAsync(client, "plain");
        long start = found.Count == 0 ? _start : found[0].Offset;
        Assert.InRange(start, _start, Math.Max(_start, _startSent));
        Dictionary<long, string> byOffset = found.ToDictionary(static x => x.Offset, static x => x.Value);
        foreach ((long offset, string value) in _plain.Where(x => x.Key >= start))
        {
            Assert.True(
                byOffset.TryGetValue(offset, out string? there) && there == value,
                $"Acknowledged at offset {offset}: {value}; there is {there ?? "nothing"}.");
        }

        Assert.All(found, x => Assert.Contains(x.Value, _sent));
        foreach ((long offset, string value) in found)
        {
            _plain[offset] = value;
        }
    }

    private async Task VerifyKeyedAsync(RawClient client)
    {
        var found = new Dictionary<string, int>();
        foreach ((_, string value) in await KillReader.AllAsync(client, "compact"))
        {
            string[] parts = value.Split('=');
            found[parts[0]] = int.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        foreach ((string key, int value) in _latest)
        {
            Assert.InRange(found.GetValueOrDefault(key), value, _keySent[key]);
        }
    }

    private async Task VerifyOthersAsync(RawClient client)
    {
        WireStruct fetched = await client.CallAsync("OffsetFetch", 2, new WireStruct
        {
            ["group_id"] = "g",
            ["topics"] = new WireStruct { ["name"] = "plain", ["partition_indexes"] = new[] { 0 } },
        });
        long offset = fetched.Only("topics").Only("partitions").Number("committed_offset");
        Assert.InRange(offset, _committed, _commitSent);
        foreach ((string topic, bool? known) in _topics.ToList())
        {
            bool exists = await ExistsAsync(client, topic);
            Assert.True(known is null || known == exists, $"{topic} was {(known == true ? "created" : "deleted")}.");
            _topics[topic] = exists;
        }
    }
}
