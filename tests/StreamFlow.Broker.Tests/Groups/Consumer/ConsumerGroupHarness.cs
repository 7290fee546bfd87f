using StreamFlow.Broker.Groups;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>Drives one consumer group over virtual time, and keeps what it stored.</summary>
internal sealed class ConsumerGroupHarness
{
    public const int RebalanceMs = 30_000;

    private ConsumerGroupImage _stored = new();
    private long _lastRequest;
    private int _lastNonce;

    public ConsumerGroupHarness(GroupCoordinatorOptions? options = null)
    {
        Options = options ?? new GroupCoordinatorOptions();
        Group = new ConsumerGroup("group", Options, Topics, new ConsumerGroupImage(), Now);
    }

    public GroupCoordinatorOptions Options { get; }

    public FakeTopics Topics { get; } = new();

    public ConsumerGroup Group { get; private set; }

    public long TimeMs { get; private set; }

    public ClockReading Now => new(TimeMs, GroupHarness.StartUnixMs + TimeMs);

    public List<ConsumerGroupRecord> Stored { get; } = [];

    public int SessionMs => (int)Options.Consumers.SessionTimeout.TotalMilliseconds;

    public static ConsumerHeartbeatCommand Joining(string memberId, params string[] topics) => new()
    {
        GroupId = "group",
        MemberId = memberId,
        MemberEpoch = 0,
        RebalanceTimeoutMs = RebalanceMs,
        TopicNames = topics,
        Owned = new HashSet<TopicIdPartition>(),
        ClientId = "client",
        ClientHost = "/127.0.0.1",
    };

    /// <summary>A heartbeat that says nothing new, or what the member has.</summary>
    public static ConsumerHeartbeatCommand Beat(
        string memberId, int epoch, IEnumerable<TopicIdPartition>? owned = null, string? instanceId = null) => new()
        {
            GroupId = "group",
            MemberId = memberId,
            MemberEpoch = epoch,
            InstanceId = instanceId,
            Owned = owned?.ToHashSet(),
            ClientId = "client",
            ClientHost = "/127.0.0.1",
        };

    public ConsumerHeartbeatResult Send(ConsumerHeartbeatCommand command)
    {
        ConsumerHeartbeatResult result = command.Refusal() is var (error, message)
            ? ConsumerHeartbeatResult.Failed(error, message)
            : Group.Heartbeat(command, Now);
        Collect();
        return result;
    }

    public ConsumerHeartbeatResult Join(string memberId, params string[] topics) => Send(Joining(memberId, topics));

    public JoinResult JoinClassic(JoinCommand command)
    {
        Group.Join(command, ++_lastRequest, $"{new Guid(++_lastNonce, 0, 0, new byte[8])}", Now);
        return Collect().OfType<JoinReply>().Single().Result;
    }

    public SyncResult SyncClassic(string memberId, int generation)
    {
        Group.Sync(
            new SyncCommand { GroupId = "group", MemberId = memberId, GenerationId = generation, Assignments = [] },
            ++_lastRequest,
            Now);
        return Collect().OfType<SyncReply>().Single().Result;
    }

    public ErrorCode BeatClassic(string memberId, int generation)
    {
        ErrorCode error = Group.Heartbeat(new HeartbeatCommand("group", generation, memberId, null), Now);
        Collect();
        return error;
    }

    public void Advance(int ms)
    {
        TimeMs += ms;
        Group.Tick(Now);
        Collect();
    }

    /// <summary>The broker starts again from what was stored.</summary>
    public void Restart() => Group = new ConsumerGroup("group", Options, Topics, Replay(), Now);

    public ConsumerMemberDescription Member(string memberId) =>
        Group.DescribeConsumers().Members.Single(member => member.MemberId == memberId);

    private IReadOnlyList<GroupEffect> Collect()
    {
        IReadOnlyList<GroupEffect> effects = Group.TakeEffects();
        foreach (ConsumerGroupRecord record in effects.OfType<PersistConsumerGroup>().SelectMany(static x => x.Records))
        {
            // Through the bytes, so that what comes back at a start is what the log can hold.
            Stored.Add(RecordBytes.RoundTrip(record));
            _stored.Apply(Stored[^1]);
        }

        return effects;
    }

    private ConsumerGroupImage Replay()
    {
        _stored = new ConsumerGroupImage();
        Stored.ForEach(_stored.Apply);
        return Copy(Stored);
    }

    private static ConsumerGroupImage Copy(IEnumerable<ConsumerGroupRecord> records)
    {
        var image = new ConsumerGroupImage();
        foreach (ConsumerGroupRecord record in records)
        {
            image.Apply(record);
        }

        return image;
    }
}

/// <summary>Topics that come, go and grow as a test says.</summary>
internal sealed class FakeTopics : ITopicCatalog
{
    private readonly Dictionary<string, TopicInfo> _topics = [];
    private int _lastId;

    public long Version { get; private set; }

    public IEnumerable<string> Names => _topics.Keys;

    public TopicInfo? Find(string name) => _topics.GetValueOrDefault(name);

    public TopicInfo? Find(Guid id) => _topics.Values.FirstOrDefault(topic => topic.Id == id);

    public TopicInfo Set(string name, int partitions)
    {
        Guid id = Find(name)?.Id ?? new Guid(++_lastId, 1, 2, new byte[8]);
        Version++;
        return _topics[name] = new TopicInfo(name, id, partitions);
    }

    public void Delete(string name)
    {
        _topics.Remove(name);
        Version++;
    }

    public TopicIdPartition[] Partitions(string name, params int[] numbers) =>
        [.. numbers.Select(number => new TopicIdPartition(Find(name)!.Id, number))];
}

/// <summary>Records as bytes.</summary>
internal static class RecordBytes
{
    public static ConsumerGroupRecord RoundTrip(ConsumerGroupRecord record)
    {
        (byte[] key, byte[]? value) = Write("group", record);
        var reader = new WireReader(key);
        short type = reader.ReadInt16();
        Assert.Equal("group", reader.ReadString());
        return ConsumerGroupRecords.Read(ConsumerGroupRecords.ReadKey(type, ref reader), value);
    }

    public static (byte[] Key, byte[]? Value) Write(string groupId, ConsumerGroupRecord record)
    {
        using WireWriter key = new();
        using WireWriter value = new();
        ConsumerGroupRecords.WriteKey(key, groupId, record.Key);
        bool hasValue = ConsumerGroupRecords.TryWriteValue(value, record);
        return (key.Written.ToArray(), hasValue ? value.Written.ToArray() : null);
    }
}
