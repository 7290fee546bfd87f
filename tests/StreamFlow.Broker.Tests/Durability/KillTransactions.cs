using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>A transactional producer that lives through kills, and what became of its transactions.</summary>
internal sealed class KillTransactions(int seed)
{
    private const long InvalidProducerIdMapping = 49;
    private const long InvalidTxnState = 48;
    private const long ConcurrentTransactions = 51;
    private static readonly string[] Topics = ["ta", "tb"];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, bool> _outcomes = [];
    private readonly Dictionary<string, HashSet<string>> _visible = new() { ["ta"] = [], ["tb"] = [] };
    private readonly Dictionary<string, long> _readTo = new() { ["ta"] = 0, ["tb"] = 0 };
    private RawTransaction? _producer;
    private bool _isOpen;
    private bool? _ending;
    private int _number;
    private int _sequence;
    private long _committedOffset = -1;

    public int Ended => _outcomes.Count;

    private string Current => "t" + _number.ToString(CultureInfo.InvariantCulture);

    public async Task StepAsync(RawClient client)
    {
        if (_ending is bool commit)
        {
            await EndAsync(client, commit);
            return;
        }

        if (_producer is null || _isOpen || _producer.Client != client)
        {
            // The broker was killed under an open transaction, and what reached it is unknown: it is aborted.
            _producer = await InitAsync(client);
            if (_isOpen)
            {
                Close(false);
            }

            _sequence = 0;
        }

        _isOpen = true;
        Assert.All(await _producer.AddAsync("ta", 0), static x => Assert.Equal(0, x));
        Assert.All(await _producer.AddAsync("tb", 0), static x => Assert.Equal(0, x));
        foreach (string topic in Topics)
        {
            Assert.Equal(0, (await _producer.ProduceAsync(topic, 0, _sequence, Current)).Number("error_code"));
        }

        _sequence++;
        Assert.Equal(0, await _producer.AddOffsetsAsync("tg"));
        Assert.Equal(0, await _producer.CommitOffsetAsync("tg", "ta", 0, _number));
        _ending = _random.Next(3) > 0;
    }

    public async Task VerifyAsync(RawClient client)
    {
        while (_ending is bool commit)
        {
            await EndAsync(client, commit);
        }

        if (_isOpen)
        {
            _producer = await InitAsync(client);
            _sequence = 0;
            Close(false);
        }

        foreach (string topic in Topics)
        {
            (List<string> values, _readTo[topic]) = await KillReader.CommittedAsync(client, topic, _readTo[topic]);
            foreach (string value in values)
            {
                Assert.True(_visible[topic].Add(value), $"{value} is there twice in {topic}.");
            }

            foreach ((string transaction, bool isCommitted) in _outcomes)
            {
                Assert.True(
                    _visible[topic].Contains(transaction) == isCommitted,
                    $"{transaction} was {(isCommitted ? "committed" : "aborted")}; {topic} says otherwise.");
            }
        }

        WireStruct fetched = await client.CallAsync("OffsetFetch", 2, new WireStruct
        {
            ["group_id"] = "tg",
            ["topics"] = new WireStruct { ["name"] = "ta", ["partition_indexes"] = new[] { 0 } },
        });
        Assert.Equal(_committedOffset, fetched.Only("topics").Only("partitions").Number("committed_offset"));
    }

    private static async Task<RawTransaction> InitAsync(RawClient client)
    {
        while (true)
        {
            WireStruct answer = await client.CallAsync("InitProducerId", 3, new WireStruct
            {
                ["transactional_id"] = "tx",
                ["transaction_timeout_ms"] = 30_000,
                ["producer_id"] = -1,
                ["producer_epoch"] = -1,
            });
            if (answer.Number("error_code") != ConcurrentTransactions)
            {
                Assert.Equal(0, answer.Number("error_code"));
                return new RawTransaction(
                    client, "tx", 3, answer.Number("producer_id"), (int)answer.Number("producer_epoch"));
            }
        }
    }

    private async Task EndAsync(RawClient client, bool commit)
    {
        _producer = _producer! with { Client = client };
        long error = await _producer.EndAsync(commit);
        switch (error)
        {
            case ConcurrentTransactions:
                await Task.Delay(1);
                break;
            case InvalidProducerIdMapping when commit:
                _ending = false;
                break;
            default:
                Assert.True(error == 0 || (error == InvalidTxnState && !commit), $"EndTxn({commit}) ended with {error}.");
                Close(commit);
                break;
        }
    }

    private void Close(bool isCommitted)
    {
        _outcomes.Add(Current, isCommitted);
        _committedOffset = isCommitted ? _number : _committedOffset;
        _number++;
        (_isOpen, _ending) = (false, null);
    }
}
