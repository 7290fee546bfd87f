using System.Text;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Tests.Groups;

/// <summary>
/// Random clients against one group over virtual time. Clients join, sync, heartbeat, commit, leave, fall silent, lose
/// connections and restart as static members; after every step the promises of the coordinator are checked.
/// </summary>
internal sealed class GroupSimulation
{
    private const int Session = GroupHarness.SessionMs;
    private const int Rebalance = GroupHarness.RebalanceMs;

    private readonly Random _random;
    private readonly GroupHarness _harness;
    private readonly List<Client> _clients = [];
    private readonly List<Client> _silent = [];
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

    private enum Phase
    {
        Outside,
        Joining,
        Joined,
        Syncing,
        Working,
    }

    public int StableGenerations => _assigners.Count;

    public int Takeovers { get; private set; }

    public int RefusedCommits { get; private set; }

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
        Client? client = _clients.Count == 0 ? null : _clients[_random.Next(_clients.Count)];
        if (client is null || (choice < 6 && _clients.Count < 8))
        {
            _clients.Add(new Client { InstanceId = _random.Next(3) == 0 ? $"i{++_instances}" : null });
        }
        else if (choice < 70)
        {
            Act(client);
        }
        else if (choice < 90)
        {
            _harness.Advance(_random.Next(_random.Next(4) == 0 ? Session : 1_000));
        }
        else
        {
            Disturb(client);
        }
    }

    /// <summary>What a well-behaved client does next.</summary>
    private void Act(Client client)
    {
        switch (client.Phase)
        {
            case Phase.Outside:
                Join(client);
                break;
            case Phase.Joined:
                Sync(client);
                break;
            case Phase.Working when _random.Next(3) == 0:
                Commit(client);
                break;
            case Phase.Working:
                React(client, _harness.Heartbeat(client.MemberId, client.Generation, client.InstanceId));
                client.LastSeenMs = _harness.TimeMs;
                break;
        }
    }

    private void Disturb(Client client)
    {
        switch (_random.Next(5))
        {
            case 0 when client.Phase != Phase.Outside && client.InstanceId is null:
                _harness.Leave(client.MemberId);
                Forget(client);
                _clients.Remove(client);
                break;
            case 1 when client.Request is long request:
                // The connection breaks; the client comes back with its id.
                _harness.Abandon(request);
                client.LastSeenMs = _harness.TimeMs;
                Forget(client);
                client.Phase = Phase.Outside;
                break;
            case 2 when client.InstanceId is not null:
                // The process restarts: it keeps its instance id and forgets everything else.
                client.TakesOverFrom = client.Phase == Phase.Working ? client.Assignment : null;
                Forget(client);
                client.MemberId = "";
                client.Phase = Phase.Outside;
                break;
            case 3:
                Forget(client);
                client.Phase = Phase.Outside;
                _clients.Remove(client);
                _silent.Add(client);
                break;
            case 4 when client.Phase == Phase.Working:
                client.Metadata++;
                Join(client);
                break;
        }
    }

    private void Join(Client client)
    {
        GroupProtocol[] protocols = [GroupHarness.ProtocolOf("range", $"{client.Metadata}")];
        int version = client.InstanceId is null && _random.Next(4) == 0 ? 3 : 9;
        int generationBefore = _harness.Group.Generation;
        GroupState stateBefore = _harness.Group.State;
        client.Phase = Phase.Joining;
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

    private void Sync(Client client)
    {
        MemberAssignment[] assignments = !client.Leads ? [] :
        [
            .. client.Members.Select(member => new MemberAssignment(
                member, Encoding.UTF8.GetBytes($"{client.Generation}/{client.MemberId}/{member}"))),
        ];
        client.Phase = Phase.Syncing;
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

    private void Commit(Client client)
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

    private static void React(Client client, ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.None:
                break;
            case ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId:
                client.MemberId = "";
                client.Phase = Phase.Outside;
                break;
            default:
                client.Phase = Phase.Outside;
                break;
        }
    }

    private void Await(Client client, long request)
    {
        client.Request = request;
        _waiting[request] = new Waiting(client, _harness.TimeMs);
    }

    private void Forget(Client client)
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
            if (waiting.Client.Phase == Phase.Joining)
            {
                OnJoined(waiting.Client, _harness.JoinAnswer(request));
            }
            else
            {
                OnSynced(waiting.Client, _harness.SyncAnswer(request));
            }
        }
    }

    private void OnJoined(Client client, JoinResult result)
    {
        client.Phase = Phase.Outside;
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
        client.Phase = Phase.Joined;
        if (client.Leads)
        {
            string leader = _leaders.GetValueOrDefault(result.GenerationId, result.MemberId);
            Assert.Equal(leader, result.MemberId);
            _leaders[result.GenerationId] = leader;
        }
    }

    private void OnSynced(Client client, SyncResult result)
    {
        React(client, result.Error);
        if (result.Error != ErrorCode.None)
        {
            return;
        }

        client.Phase = Phase.Working;
        client.Assignment = Encoding.UTF8.GetString(result.Assignment);
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
        Group group = _harness.Group;
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
            Assert.Contains(described.Members, member => member.MemberId == group.LeaderId);
        }

        foreach (Client silent in _silent)
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
            foreach (Client client in _clients)
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

    private sealed record Waiting(Client Client, long SinceMs);

    private sealed class Client
    {
        public string? InstanceId { get; init; }

        public string MemberId { get; set; } = "";

        public Phase Phase { get; set; }

        public int Generation { get; set; }

        public bool Leads { get; set; }

        public string[] Members { get; set; } = [];

        public long? Request { get; set; }

        public int Metadata { get; set; }

        public string Assignment { get; set; } = "";

        public string? TakesOverFrom { get; set; }

        public long LastSeenMs { get; set; }
    }
}
