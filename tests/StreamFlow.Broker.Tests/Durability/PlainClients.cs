using System.Globalization;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// Clients without transactions: one whose appends are fsynced, one whose are not, one of a compacted topic, and an
/// administrator; with what each was promised.
/// </summary>
internal sealed class PlainClients
{
    private const int Keys = 7;
    private readonly CutBroker _broker;
    private readonly Random _random;
    private readonly Dictionary<long, string> _synced = [];
    private readonly HashSet<string> _attempted = [];
    private readonly List<string> _unsynced = [];
    private readonly Dictionary<string, int> _latest = [];
    private readonly Dictionary<string, int> _sent = [];
    private readonly Dictionary<string, bool?> _topics = [];
    private readonly HashSet<long> _producerIds = [];
    private long _flushed;
    private long _start;
    private long _startAsked;
    private int _next;

    public PlainClients(CutBroker broker, Random random)
    {
        (_broker, _random) = (broker, random);
        Dictionary<string, string> durable = new(PowerCutLife.Small()) { [TopicConfigs.FlushMessagesName] = "1" };
        Dictionary<string, string> compact = new(durable)
        {
            [TopicConfigs.CleanupPolicyName] = "compact",
            [TopicConfigs.SegmentBytesName] = "1024",
            [TopicConfigs.MinCleanableDirtyRatioName] = "0",
        };
        Assert.True(broker.Store.CreateTopic("sync", 1, durable).IsSuccess);
        Assert.True(broker.Store.CreateTopic("compact", 1, compact).IsSuccess);
        Assert.True(broker.Store.CreateTopic("os", 1, PowerCutLife.Small()).IsSuccess);
    }

    public int Acknowledged { get; private set; }

    private string Next() => (_next++).ToString(CultureInfo.InvariantCulture);

    public async Task StepAsync()
    {
        switch (_random.Next(100))
        {
            case < 30:
                await AppendSyncedAsync();
                break;
            case < 55:
                Append();
                break;
            case < 60:
                bool isFlushed = await _broker.Log("os").FlushAsync() == ErrorCode.None;
                _flushed = isFlushed && !_broker.Disk.IsCut ? _unsynced.Count : _flushed;
                break;
            case < 85:
                await AppendKeyedAsync();
                break;
            case < 90:
                DeleteRecords();
                break;
            case < 93:
                _broker.Store.Maintain();
                break;
            case < 97:
                ChangeTopics();
                break;
            default:
                long id = _broker.Store.AllocateProducerId();
                Assert.True(_broker.Disk.IsCut || _producerIds.Add(id), $"The producer id {id} was handed out twice.");
                break;
        }
    }

    public void Verify(bool afterCut, int epochBefore)
    {
        VerifySynced();
        VerifyUnsynced(afterCut, epochBefore);
        VerifyKeyed();
        foreach ((string topic, bool? exists) in _topics)
        {
            bool found = _broker.Store.GetTopic(topic) is not null;
            Assert.True(exists is null || exists == found, $"{topic} was {(exists == true ? "created" : "deleted")}.");
            _topics[topic] = found;
        }
    }

    private async Task AppendSyncedAsync()
    {
        string value = Next();
        _attempted.Add(value);
        AppendResult result = await _broker.Log("sync").AppendDurableAsync(Batches.Of(value), AppendOrigin.Client);
        if (!_broker.Disk.IsCut)
        {
            Assert.Equal(ErrorCode.None, result.Error);
            Assert.True(_synced.TryAdd(result.BaseOffset, value), $"The offset {result.BaseOffset} was used twice.");
            Acknowledged++;
        }
    }

    private void Append()
    {
        string value = Next();
        AppendResult result = _broker.Log("os").Append(Batches.Of(value), AppendOrigin.Client);
        Assert.True(_broker.Disk.IsCut || result.IsSuccess);
        Assert.Equal(_unsynced.Count, result.BaseOffset);
        _unsynced.Add(value);
    }

    private async Task AppendKeyedAsync()
    {
        string key = "k" + _random.Next(Keys).ToString(CultureInfo.InvariantCulture);
        int value = _sent.GetValueOrDefault(key) + 1;
        _sent[key] = value;
        AppendResult result = await _broker.Log("compact").AppendDurableAsync(
            Batches.Keyed(1_700_000_000_000, (key, value.ToString(CultureInfo.InvariantCulture))), AppendOrigin.Client);
        if (!_broker.Disk.IsCut)
        {
            Assert.Equal(ErrorCode.None, result.Error);
            _latest[key] = value;
            Acknowledged++;
        }
    }

    private void DeleteRecords()
    {
        PartitionLog log = _broker.Log("sync");
        long target = log.LogStartOffset + _random.Next(5);
        if (target > log.HighWatermark)
        {
            return;
        }

        _startAsked = Math.Max(_startAsked, target);
        ErrorCode error = log.DeleteRecordsBefore(target, out _);
        if (!_broker.Disk.IsCut)
        {
            Assert.Equal(ErrorCode.None, error);
            _start = Math.Max(_start, target);
        }
    }

    private void ChangeTopics()
    {
        string topic = "x" + _random.Next(3).ToString(CultureInfo.InvariantCulture);
        bool exists = _broker.Store.GetTopic(topic) is not null;
        TopicResult result = exists
            ? _broker.Store.DeleteTopic(topic)
            : _broker.Store.CreateTopic(topic, 1);
        Assert.True(_broker.Disk.IsCut || result.IsSuccess, result.Message);
        _topics[topic] = _broker.Disk.IsCut ? null : !exists;
    }

    private void VerifySynced()
    {
        PartitionLog log = _broker.Log("sync");
        Assert.InRange(log.LogStartOffset, _start, _startAsked);
        _start = log.LogStartOffset;
        Dictionary<long, string?> found = Batches.ReadAll(log).ToDictionary(static x => x.Offset, static x => x.Value);
        foreach ((long offset, string value) in _synced.Where(x => x.Key >= log.LogStartOffset))
        {
            Assert.True(
                found.TryGetValue(offset, out string? there) && there == value,
                $"Acknowledged at offset {offset}: {value}; there is {there ?? "nothing"}.");
        }

        foreach ((long offset, string? value) in found)
        {
            Assert.Contains(value!, _attempted);
            _synced[offset] = value!;
        }
    }

    /// <summary>What is left is a beginning of what was sent, and a reader of the old epoch can tell where it ends.</summary>
    private void VerifyUnsynced(bool afterCut, int epochBefore)
    {
        PartitionLog log = _broker.Log("os");
        List<string?> found = [.. Batches.ReadAll(log).Select(static x => x.Value)];
        Assert.Equal(log.LogEndOffset, found.Count);
        Assert.Equal(_unsynced.Take(found.Count), found);
        Assert.InRange(found.Count, afterCut ? _flushed : _unsynced.Count, _unsynced.Count);
        (int epoch, long endOffset) = log.EndOffsetForEpoch(epochBefore);
        Assert.True(
            endOffset <= found.Count && epoch <= epochBefore && (endOffset == found.Count || afterCut),
            $"The epoch {epochBefore} is said to end at {endOffset} of {found.Count}.");
        _unsynced.RemoveRange(found.Count, _unsynced.Count - found.Count);
        _flushed = found.Count;
    }

    private void VerifyKeyed()
    {
        var found = new Dictionary<string, int>();
        foreach ((_, string key, string? value) in Batches.ReadAll(_broker.Log("compact")))
        {
            found["k" + key.TrimStart('k')] = int.Parse(value!, CultureInfo.InvariantCulture);
        }

        foreach ((string key, int value) in _latest)
        {
            Assert.InRange(found.GetValueOrDefault(key), value, _sent[key]);
        }

        // What is there now is durable, and so is what was never heard of.
        foreach ((string key, int value) in found)
        {
            _latest[key] = value;
            _sent[key] = value;
        }
    }
}
