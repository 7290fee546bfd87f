using StreamFlow.Broker.Groups;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>
/// Clients that do what random numbers say on a group whose answers get lost, whose topics change, and whose broker starts
/// again. After each step no partition is consumed by two members; in the end everybody has the target.
/// </summary>
internal sealed class ConsumerGroupSimulation
{
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly Random _random;
    private readonly ConsumerGroupHarness _group;
    private readonly List<SimulatedConsumer> _clients = [];
    private int _lastId;

    public ConsumerGroupSimulation(int seed)
    {
        _random = new Random(seed);
        _group = new ConsumerGroupHarness(new GroupCoordinatorOptions
        {
            Consumers = new() { AssignmentInterval = TimeSpan.FromSeconds(_random.Next(2)) },
        });
        _group.Topics.Set("a", 3);
        _group.Topics.Set("b", 5);
    }

    public int Fenced { get; private set; }

    public int Restarts { get; private set; }

    public int Revocations { get; private set; }

    public int ClassicAssignments { get; private set; }

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
            Check();
        }

        SettleDown();
    }

    private void Step()
    {
        int choice = _random.Next(100);
        if (_clients.Count == 0 || (choice < 5 && _clients.Count < 6))
        {
            _clients.Add(NewClient());
            return;
        }

        SimulatedConsumer client = _clients[_random.Next(_clients.Count)];
        if (choice < 75)
        {
            Act(client, losesAnswer: _random.Next(10) == 0);
        }
        else if (choice < 85)
        {
            _group.Advance(_random.Next(_random.Next(6) == 0 ? _group.SessionMs : 1_500));
        }
        else if (choice < 98)
        {
            Disturb(client);
        }
        else
        {
            Restarts++;
            _group.Restart();
        }
    }

    private SimulatedConsumer NewClient()
    {
        bool isClassic = _random.Next(4) == 0;
        var client = new SimulatedConsumer
        {
            MemberId = $"m{++_lastId}",
            IsClassic = isClassic,
            InstanceId = !isClassic && _random.Next(4) == 0 ? $"i{_lastId}" : null,
        };
        Subscribe(client);
        return client;
    }

    private void Subscribe(SimulatedConsumer client)
    {
        client.Pattern = !client.IsClassic && _random.Next(4) == 0 ? "[ab]" : "";
        client.Topics = [.. Names.Where(_ => _random.Next(2) == 0)];
        client.MustJoin = client.IsClassic;
    }

    private void Disturb(SimulatedConsumer client)
    {
        switch (_random.Next(6))
        {
            case 0:
                Leave(client);
                _clients.Remove(client);
                break;
            case 1 when client.InstanceId is not null && client.Epoch > 0:
                // It stops for a while, and another process comes in its stead.
                _group.Send(ConsumerGroupHarness.Beat(client.MemberId, -2, instanceId: client.InstanceId));
                client.Forget();
                client.MemberId = $"m{++_lastId}";
                break;
            case 2:
                // Gone without a word: its session will end.
                _clients.Remove(client);
                break;
            case 3:
                Subscribe(client);
                break;
            case 4:
                _group.Topics.Set(Names[_random.Next(3)], _random.Next(1, 9));
                break;
            case 5:
                _group.Topics.Delete(Names[_random.Next(3)]);
                break;
        }
    }

    private void Leave(SimulatedConsumer client)
    {
        if (client.Epoch == 0)
        {
            return;
        }

        if (client.IsClassic)
        {
            _group.Group.Leave(new MemberToLeave(client.MemberId, null), _group.Now);
            _group.Advance(0);
        }
        else
        {
            _group.Send(ConsumerGroupHarness.Beat(client.MemberId, -1, instanceId: client.InstanceId));
        }
    }

    private void Act(SimulatedConsumer client, bool losesAnswer)
    {
        if (client.IsClassic)
        {
            ActClassic(client, losesAnswer);
            return;
        }

        if (client.MustRevoke && _random.Next(2) == 0)
        {
            Revocations++;
            client.Owned.IntersectWith(client.Told);
        }

        bool isWhole = client.Epoch == 0 || _random.Next(3) == 0;
        ConsumerHeartbeatResult result = _group.Send(ConsumerGroupHarness.Beat(client.MemberId, client.Epoch, client.Owned, client.InstanceId)
            with
        {
            RebalanceTimeoutMs = isWhole ? ConsumerGroupHarness.RebalanceMs : -1,
            TopicNames = client.Topics,
            TopicPattern = client.Pattern,
        });
        if (losesAnswer)
        {
            return;
        }

        if (result.Error is ErrorCode.FencedMemberEpoch or ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId)
        {
            Fenced++;
            client.Forget();
        }
        else if (result.Error == ErrorCode.None)
        {
            client.Epoch = result.MemberEpoch;
            client.Told = result.Assignment?.ToHashSet() ?? client.Told;
            Take(client);
        }
        else
        {
            Assert.Equal(ErrorCode.UnreleasedInstanceId, result.Error);
        }
    }

    /// <summary>A client takes what is new once it has given up what it must.</summary>
    private static void Take(SimulatedConsumer client)
    {
        if (!client.MustRevoke)
        {
            client.Owned = [.. client.Told];
        }
    }

    private void ActClassic(SimulatedConsumer client, bool losesAnswer)
    {
        if (client.MustSync)
        {
            SyncResult synced = _group.SyncClassic(client.MemberId, client.Epoch);
            if (!losesAnswer)
            {
                TakeAssignment(client, synced);
            }

            return;
        }

        ErrorCode error = client.Epoch == 0 || client.MustJoin ? ErrorCode.RebalanceInProgress : _group.BeatClassic(client.MemberId, client.Epoch);
        if (losesAnswer || error == ErrorCode.None)
        {
            return;
        }

        if (error != ErrorCode.RebalanceInProgress)
        {
            Fenced++;
            client.Forget();
            return;
        }

        JoinResult joined = _group.JoinClassic(GroupHarness.JoinOf(
            client.MemberId, sessionMs: _group.SessionMs, rebalanceMs: ConsumerGroupHarness.RebalanceMs,
            protocols: new GroupProtocol("cooperative-sticky", Subscription(client))));
        if (joined.Error == ErrorCode.UnknownMemberId)
        {
            client.Forget();
            return;
        }

        Assert.Equal(ErrorCode.None, joined.Error);
        client.Epoch = joined.GenerationId;
        client.MustJoin = false;
        client.MustSync = true;
    }

    private void TakeAssignment(SimulatedConsumer client, SyncResult synced)
    {
        client.MustSync = false;
        if (synced.Error == ErrorCode.RebalanceInProgress)
        {
            return;
        }

        if (synced.Error != ErrorCode.None)
        {
            client.Forget();
            return;
        }

        ClassicAssignments++;
        client.Told = [.. ConsumerProtocol.ReadAssignment(synced.Assignment)!
            .Select(x => new TopicIdPartition(_group.Topics.Find(x.Topic)!.Id, x.Partition))];
        client.Owned = [.. client.Told];
    }

    private byte[] Subscription(SimulatedConsumer client)
    {
        using var writer = new WireWriter();
        writer.WriteInt16(3);
        writer.WriteInt32(client.Topics.Length);
        Array.ForEach(client.Topics, writer.WriteNullableString);
        writer.WriteInt32(-1);
        (string Name, int[] Partitions)[] owned =
        [
            .. from partition in client.Owned
               let topic = _group.Topics.Find(partition.TopicId)
               where topic is not null
               group partition.Partition by topic.Name into byName
               select (byName.Key, byName.ToArray()),
        ];
        writer.WriteInt32(owned.Length);
        foreach ((string name, int[] partitions) in owned)
        {
            writer.WriteNullableString(name);
            writer.WriteInt32(partitions.Length);
            Array.ForEach(partitions, writer.WriteInt32);
        }

        writer.WriteInt32(client.Epoch == 0 ? -1 : client.Epoch);
        writer.WriteNullableString(null);
        return writer.Written.ToArray();
    }

    /// <summary>Whoever is no member any more, and does not know it yet, is fenced where it matters: at its commits.</summary>
    private void Check()
    {
        HashSet<string> members = [.. _group.Group.DescribeConsumers().Members.Select(static x => x.MemberId)];
        var consumed = new Dictionary<TopicIdPartition, string>();
        foreach (SimulatedConsumer client in _clients.Where(x => members.Contains(x.MemberId)))
        {
            foreach (TopicIdPartition partition in client.Owned)
            {
                Assert.True(
                    consumed.TryAdd(partition, client.MemberId),
                    $"{partition} is consumed by {consumed.GetValueOrDefault(partition)} and by {client.MemberId}");
            }
        }
    }

    private void SettleDown()
    {
        if (_clients.All(static x => x.IsClassic))
        {
            // A group of classic members only would no longer be one of this kind.
            _clients.Add(new SimulatedConsumer { MemberId = $"m{++_lastId}", Topics = ["a"] });
        }

        // The sessions of those who went without a word end, while the others go on.
        int rounds = 4 + (2 * _group.SessionMs / 1_000);
        for (int round = 0; round < rounds; round++)
        {
            foreach (SimulatedConsumer client in _clients)
            {
                Act(client, losesAnswer: false);
                Act(client, losesAnswer: false);
                Check();
            }

            _group.Advance(1_000);
        }

        ConsumerGroupDescription described = _group.Group.DescribeConsumers();
        Assert.Equal(_clients.Count == 0 ? GroupState.Empty : GroupState.Stable, described.State);
        Assert.Equal(_clients.Select(static x => x.MemberId).Order(), described.Members.Select(static x => x.MemberId).Order());
        foreach (SimulatedConsumer client in _clients)
        {
            Assert.True(client.IsSettled, $"{client.MemberId} has not taken what it was told");
            Assert.Equal(described.TargetEpoch, client.Epoch);
        }

        HashSet<string> wanted = [.. _clients.SelectMany(static x => x.Topics)];
        wanted.UnionWith(_clients.Any(static x => x.Pattern.Length > 0) ? ["a", "b"] : []);
        Assert.Equal(
            wanted.Select(_group.Topics.Find).OfType<TopicInfo>().Sum(static x => x.Partitions),
            _clients.Sum(static x => x.Owned.Count));
    }
}
