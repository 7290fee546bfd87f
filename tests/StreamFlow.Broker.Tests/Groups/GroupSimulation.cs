using System.Text;
using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups;

/// <summary>
/// Random clients against one group over virtual time. Clients join, sync, heartbeat, commit, leave, fall silent, lose
/// connections and restart as static members, and so does the broker; after every step the promises of the coordinator
/// are checked.
/// </summary>
internal sealed class GroupSimulation
{
    private const int Session = GroupHarness.SessionMs;
    private const int Rebalance = GroupHarness.RebalanceMs;

    private readonly Random _random;
    private readonly GroupHarness _harness;
    private readonly List<SimulatedMember> _clients = [];
    private readonly List<SimulatedMember> _silent = [];
    private readonly Dictionary<int, string> _assigners = [];
    private readonly Dictionary<int, string> _leaders = [];
    private readonly Dictionary<long, Waiting> _waiting = [];
    private int _lastGeneration;
    private int _instances;

    public GroupSimulation(int seed)
    {
        _random = new Random(seed);
        _harness = new GroupHarness(new GroupCoordinatorOptions
        {
            InitialRebalanceDelay = TimeSpan.FromMilliseconds(_random.Next(2) * 3_000),
        });
    }

    public int StableGenerations => _assigners.Count;

    public int Takeovers { get; private set; }

    public int RefusedCommits { get; private set; }

    public int Restarts { get; private set; }

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
            Collect();
            CheckInvariants();
        }

        SettleDown();
    }

    private void Step()
    {
        int choice = _random.Next(100);
        SimulatedMember? client = _clients.Count == 0 ? null : _clients[_random.Next(_clients.Count)];
        if (client is null || (choice < 6 && _clients.Count < 8))
        {
            _clients.Add(new SimulatedMember { InstanceId = _random.Next(3) == 0 ? $"i{++_instances}" : null });
        }
        else if (choice < 70)
        {
            Act(client);
        }
        else if (choice < 90)
        {
            _harness.Advance(_random.Next(_random.Next(4) == 0 ? Session : 1_000));
        }
        else if (choice < 99)
        {
            Disturb(client);
        }
        else
        {
            Restart();
        }
    }

    /// <summary>What a well-behaved client does next.</summary>
    private void Act(SimulatedMember client)
    {
        switch (client.Phase)
        {
            case MemberPhase.Outside:
                Join(client);
                break;
            case MemberPhase.Joined:
                Sync(client);
                break;
            case MemberPhase.Working when _random.Next(3) == 0:
                Commit(client);
                break;
            case MemberPhase.Working:
                React(client, _harness.Heartbeat(client.MemberId, client.Generation, client.InstanceId));
                client.LastSeenMs = _harness.TimeMs;
                break;
        }
    }

    private void Disturb(SimulatedMember client)
    {
        switch (_random.Next(5))
        {
            case 0 when client.Phase != MemberPhase.Outside && client.InstanceId is null:
                _harness.Leave(client.MemberId);
                Forget(client);
                _clients.Remove(client);
                break;
            case 1 when client.Request is long request:
                // The connection breaks; the client comes back with its id.
                _harness.Abandon(request);
                client.LastSeenMs = _harness.TimeMs;
                Forget(client);
                client.Phase = MemberPhase.Outside;
                break;
            case 2 when client.InstanceId is not null:
                // The process restarts: it keeps its instance id and forgets everything else.
                client.TakesOverFrom = client.Phase == MemberPhase.Working ? client.Assignment : null;
                Forget(client);
                client.MemberId = "";
                client.Phase = MemberPhase.Outside;
                break;
            case 3:
                Forget(client);
                client.Phase = MemberPhase.Outside;
                _clients.Remove(client);
                _silent.Add(client);
                break;
            case 4 when client.Phase == MemberPhase.Working:
                client.Metadata++;
                Join(client);
                break;
        }
    }

    /// <summary>The broker starts again from the group's last record; what was parked is lost with its connections.</summary>
    private void Restart()
    {
        Restarts++;
        _harness.Restart();
        _lastGeneration = _harness.Group.Generation;
        foreach (int lost in _leaders.Keys.Union(_assigners.Keys).Where(x => x > _lastGeneration).ToArray())
        {
            // Formed but never stored: nobody has an assignment of it, and the number is used again.
            Assert.False(_assigners.ContainsKey(lost), $"the assignment of generation {lost} was answered and lost");
            _leaders.Remove(lost);
        }

        foreach (SimulatedMember client in _clients.Where(static x => x.Request is not null).ToArray())
        {
            Forget(client);
            client.Phase = MemberPhase.Outside;
        }

        foreach (SimulatedMember member in _clients.Concat(_silent))
        {
            member.LastSeenMs = _harness.TimeMs;
        }
    }

    private void Join(SimulatedMember client)
    {
        GroupProtocol[] protocols = [GroupHarness.ProtocolOf("range", $"{client.Metadata}")];
        int version = client.InstanceId is null && _random.Next(4) == 0 ? 3 : 9;
        int generationBefore = _harness.Group.Generation;
        GroupState stateBefore = _harness.Group.State;
        client.Phase = MemberPhase.Joining;
        client.LastSeenMs = _harness.TimeMs;
        bool isTakeover = client.MemberId.Length == 0 && client.TakesOverFrom is not null
            && stateBefore == GroupState.Stable && Describe(client.InstanceId) is not null;
        string? inherited = isTakeover ? Encoding.UTF8.GetString(Describe(client.InstanceId)!.Assignment) : null;
        Await(client, _harness.Join(GroupHarness.JoinOf(
            client.MemberId, client.InstanceId, version, Session, Rebalance, protocols: protocols)));
        if (isTakeover)
        {
            Takeovers++;
            Assert.Equal(generationBefore, _harness.Group.Generation);
            Assert.Equal(inherited, Encoding.UTF8.GetString(Describe(client.InstanceId)!.Assignment));
        }

        client.TakesOverFrom = null;
    }

    private MemberDescription? Describe(string? instanceId) =>
        _harness.Group.Describe().Members.SingleOrDefault(member => member.InstanceId == instanceId);

    private void Sync(SimulatedMember client)
    {
        MemberAssignment[] assignments = !client.Leads ? [] :
        [
            .. client.Members.Select(member => new MemberAssignment(
                member, Encoding.UTF8.GetBytes($"{client.Generation}/{client.MemberId}/{member}"))),
        ];
        client.Phase = MemberPhase.Syncing;
        client.LastSeenMs = _harness.TimeMs;
        Await(client, _harness.Sync(new SyncCommand
        {
            GroupId = "group",
            GenerationId = client.Generation,
            MemberId = client.MemberId,
            InstanceId = client.InstanceId,
            Assignments = assignments,
        }));
    }

    private void Commit(SimulatedMember client)
    {
        int generation = client.Generation - _random.Next(2);
        ErrorCode error = _harness.Commit(client.MemberId, generation, client.InstanceId);
        bool isMember = _harness.Group.Describe().Members.Any(member => member.MemberId == client.MemberId);
        if (generation != _harness.Group.Generation || !isMember)
        {
            RefusedCommits++;
            Assert.NotEqual(ErrorCode.None, error);
        }

        if (generation == client.Generation)
        {
            client.LastSeenMs = _harness.TimeMs;
            React(client, error);
        }
    }

    private static void React(SimulatedMember client, ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.None:
                break;
            case ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId:
                client.MemberId = "";
                client.Phase = MemberPhase.Outside;
                break;
            default:
                client.Phase = MemberPhase.Outside;
                break;
        }
    }

    private void Await(SimulatedMember client, long request)
    {
        client.Request = request;
        _waiting[request] = new Waiting(client, _harness.TimeMs);
    }

    private void Forget(SimulatedMember client)
    {
        if (client.Request is long request)
        {
            _waiting.Remove(request);
            client.Request = null;
        }
    }

    private void Collect()
    {
        foreach ((long request, Waiting waiting) in _waiting.ToArray())
        {
            if (_harness.IsParked(request))
            {
                Assert.True(_harness.TimeMs - waiting.SinceMs <= Rebalance, $"request {request} was never answered");
                continue;
            }

            _waiting.Remove(request);
            waiting.Client.Request = null;
            waiting.Client.LastSeenMs = _harness.TimeMs;
            if (waiting.Client.Phase == MemberPhase.Joining)
            {
                OnJoined(waiting.Client, _harness.JoinAnswer(request));
            }
            else
            {
                OnSynced(waiting.Client, _harness.SyncAnswer(request));
            }
        }
    }

    private void OnJoined(SimulatedMember client, JoinResult result)
    {
        client.Phase = MemberPhase.Outside;
        if (result.Error == ErrorCode.MemberIdRequired)
        {
            client.MemberId = result.MemberId;
            return;
        }

        if (result.Error != ErrorCode.None)
        {
            React(client, result.Error);
            return;
        }

        client.MemberId = result.MemberId;
        client.Generation = result.GenerationId;
        client.Leads = result.Leader == result.MemberId && !result.SkipAssignment;
        client.Members = [.. result.Members.Select(member => member.MemberId)];
        client.Phase = MemberPhase.Joined;
        if (client.Leads)
        {
            string leader = _leaders.GetValueOrDefault(result.GenerationId, result.MemberId);
            Assert.Equal(leader, result.MemberId);
            _leaders[result.GenerationId] = leader;
        }
    }

    private void OnSynced(SimulatedMember client, SyncResult result)
    {
        React(client, result.Error);
        if (result.Error != ErrorCode.None)
        {
            return;
        }

        client.Phase = MemberPhase.Working;
        client.Assignment = Encoding.UTF8.GetString(result.Assignment);
        GroupSnapshot stored = _harness.Persisted[^1];
        MemberSnapshot self = Assert.Single(stored.Members, member => member.MemberId == client.MemberId);
        Assert.Equal((client.Generation, client.Assignment), (stored.Generation, Encoding.UTF8.GetString(self.Assignment)));
        if (client.Assignment.Length > 0)
        {
            string[] parts = client.Assignment.Split('/');
            Assert.Equal(client.Generation, int.Parse(parts[0], null));
            string assigner = _assigners.GetValueOrDefault(client.Generation, parts[1]);
            Assert.Equal(assigner, parts[1]);
            _assigners[client.Generation] = assigner;
        }
    }

    private void CheckInvariants()
    {
        ClassicGroup group = _harness.Group;
        Assert.True(group.Generation >= _lastGeneration, "the generation went back");
        _lastGeneration = group.Generation;
        Assert.True(group.NextDeadline() > _harness.TimeMs, "a deadline was missed");
        GroupDescription described = group.Describe();
        if (group.State != GroupState.PreparingRebalance)
        {
            Assert.Equal(group.State == GroupState.Empty, described.Members.Count == 0);
        }

        if (group.State == GroupState.Stable)
        {
            Assert.Single(described.Members, member => member.MemberId == group.LeaderId);
            Assert.All(described.Members, member => Assert.StartsWith(
                $"{group.Generation}/", Encoding.UTF8.GetString(member.Assignment), StringComparison.Ordinal));
        }

        foreach (SimulatedMember silent in _silent)
        {
            // Its last parked request may have kept it for a rebalance; a static one is renewed by a new generation.
            long longest = silent.LastSeenMs + Session + Rebalance + (silent.InstanceId is null ? 0 : Session);
            if (_harness.TimeMs > longest)
            {
                Assert.DoesNotContain(described.Members, member => member.MemberId == silent.MemberId);
            }
        }
    }

    /// <summary>Once nothing disturbs them any more, the clients that are left form one stable generation.</summary>
    private void SettleDown()
    {
        for (int round = 0; round < 4 * (Rebalance + Session) / 1_000; round++)
        {
            foreach (SimulatedMember client in _clients)
            {
                Act(client);
                Collect();
            }

            _harness.Advance(1_000);
            Collect();
            CheckInvariants();
        }

        GroupDescription described = _harness.Group.Describe();
        Assert.Equal(_clients.Count == 0 ? GroupState.Empty : GroupState.Stable, described.State);
        Assert.Equal(
            _clients.Select(client => client.MemberId).Order(),
            described.Members.Select(member => member.MemberId).Order());
    }

    private sealed record Waiting(SimulatedMember Client, long SinceMs);
}
