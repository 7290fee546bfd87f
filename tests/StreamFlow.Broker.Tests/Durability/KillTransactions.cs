using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// A transactional producer that lives through kills, and what became of its transactions. One of the classic protocol begins anew
/// after each kill; one of version 2 goes on where it had none open, and may find that its next transaction can only abort.
/// </summary>
/// <param name="seed">Decides what commits.</param>
/// <param name="version">The version of its requests: 3 for the classic protocol, 5 for version 2.</param>
/// <param name="name">What its topics, its group and its transactional id begin with.</param>
internal sealed class KillTransactions(int seed, int version, string name)
{
    private const long InvalidProducerIdMapping = 49;
    private const long InvalidTxnState = 48;
    private const long ConcurrentTransactions = 51;
    private const int Version2From = 5;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, bool> _outcomes = [];
    private readonly Dictionary<string, HashSet<string>> _visible = TopicsOf(name).ToDictionary(static x => x, static _ => new HashSet<string>());
    private readonly Dictionary<string, long> _readTo = TopicsOf(name).ToDictionary(static x => x, static _ => 0L);
    private RawTransaction? _producer;
    private bool _isOpen;
    private bool? _ending;
    private int _number;
    private int _sequence;
    private long _committedOffset = -1;

    public int Ended => _outcomes.Count;

    /// <summary>How many could not commit although everything of them had been acknowledged.</summary>
    public int Refused { get; private set; }

    public IReadOnlyList<string> Topics { get; } = TopicsOf(name);

    private bool IsVersion2 => version >= Version2From;

    private string Current => "t" + _number.ToString(CultureInfo.InvariantCulture);

    public async Task StepAsync(RawClient client)
    {
        if (_ending is bool commit)
        {
            await EndAsync(client, commit);
            return;
        }

        if (IsVersion2 && !_isOpen && _producer is not null)
        {
            _producer = _producer with { Client = client };
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
        await WriteAsync(_producer);
        _ending = _random.Next(3) > 0;
    }

    private static string[] TopicsOf(string name) => [name + "a", name + "b"];

    private async Task WriteAsync(RawTransaction producer)
    {
        foreach (string topic in Topics)
        {
            if (!IsVersion2)
            {
                Assert.All(await producer.AddAsync(topic, 0), static x => Assert.Equal(0, x));
            }

            Assert.Equal(0, (await producer.ProduceAsync(topic, 0, _sequence, Current)).Number("error_code"));
        }

        if (!IsVersion2)
        {
            _sequence++;
            Assert.Equal(0, await producer.AddOffsetsAsync(name + "g"));
        }

        Assert.Equal(0, await producer.CommitOffsetAsync(name + "g", Topics[0], 0, _number));
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
            ["group_id"] = name + "g",
            ["topics"] = new WireStruct { ["name"] = Topics[0], ["partition_indexes"] = new[] { 0 } },
        });
        Assert.Equal(_committedOffset, fetched.Only("topics").Only("partitions").Number("committed_offset"));
    }

    private async Task<RawTransaction> InitAsync(RawClient client)
    {
        while (true)
        {
            WireStruct answer = await client.CallAsync("InitProducerId", version, new WireStruct
            {
                ["transactional_id"] = name + "x",
                ["transaction_timeout_ms"] = 30_000,
                ["producer_id"] = -1,
                ["producer_epoch"] = -1,
            });
            if (answer.Number("error_code") != ConcurrentTransactions)
            {
                Assert.Equal(0, answer.Number("error_code"));
                return new RawTransaction(
                    client, name + "x", version, answer.Number("producer_id"), (int)answer.Number("producer_epoch"));
            }
        }
    }

    private async Task EndAsync(RawClient client, bool commit)
    {
        _producer = _producer! with { Client = client };
        WireStruct answer = await _producer.EndWithAsync(commit);
        long error = answer.Number("error_code");
        switch (error)
        {
            case ConcurrentTransactions:
                await Task.Delay(1);
                break;
            case InvalidProducerIdMapping when commit:
                _ending = false;
                Refused++;
                break;
            default:
                Assert.True(error == 0 || (error == InvalidTxnState && !commit), $"EndTxn({commit}) ended with {error}.");
                _producer = !IsVersion2 ? _producer
                    : error == 0 ? _producer.As(answer)
                    : null;
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
