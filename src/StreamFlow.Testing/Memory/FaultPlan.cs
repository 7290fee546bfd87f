namespace StreamFlow.Testing;

/// <summary>A call of a client that can be made to fail.</summary>
public enum ClientCall
{
    /// <summary>A record handed to a producer; it fails as a delivery, not as a call.</summary>
    Produce,

    /// <summary>A consumer's poll.</summary>
    Poll,

    /// <summary>A consumer's commit of offsets.</summary>
    CommitOffsets,

    /// <summary>A consumer's look at committed offsets.</summary>
    Committed,

    /// <summary>A consumer's question for first and last offsets.</summary>
    QueryOffsets,

    /// <summary>Registration of a transactional id.</summary>
    InitTransactions,

    /// <summary>Offsets added to a transaction.</summary>
    SendOffsetsToTransaction,

    /// <summary>Commit of a transaction.</summary>
    CommitTransaction,

    /// <summary>Abort of a transaction.</summary>
    AbortTransaction,

    /// <summary>Creation of topics.</summary>
    CreateTopics,

    /// <summary>A look at topics or their configuration.</summary>
    DescribeTopics,

    /// <summary>Deletion of records.</summary>
    DeleteRecords,

    /// <summary>A look at a consumer group.</summary>
    DescribeGroup,

    /// <summary>A change of a topic's configuration.</summary>
    AlterConfigs,
}

/// <summary>Which calls a scripted fault strikes.</summary>
public sealed record FaultMatch
{
    /// <summary>The first call struck, counted from 1 among the calls that match after the fault was
    /// scripted.</summary>
    /// <value>Default: 1, the next one.</value>
    public int Nth { get; init; } = 1;

    /// <summary>How many calls in a row are struck.</summary>
    /// <value>Default: 1.</value>
    public int Times { get; init; } = 1;

    /// <summary>Only calls of the client of that name; <see langword="null"/> for every client.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public string? ClientId { get; init; }

    /// <summary>Only records produced to that topic; <see langword="null"/> for every topic.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public string? Topic { get; init; }
}

/// <summary>A fault that was scripted, to be asked afterwards whether it struck.</summary>
public sealed class ScriptedFault
{
    private readonly FaultMatch _match;
    private int _seen;
    private int _hits;
    private volatile bool _isLifted;

    internal ScriptedFault(ClientCall call, FaultMatch match)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(match.Nth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(match.Times, 1);
        Call = call;
        _match = match;
    }

    /// <summary>How many calls it has struck.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Whether it has struck as often as it was told to.</summary>
    public bool IsSpent => Hits >= _match.Times;

    /// <summary>Ends the fault: it strikes no more calls.</summary>
    public void Lift() => _isLifted = true;

    internal ClientCall Call { get; }

    internal KafkaErrorKind? Kind { get; init; }

    /// <summary>Whether the cluster carries the call out before the client hears of an error.</summary>
    internal bool AfterEffect { get; init; }

    internal TimeSpan Delay { get; init; }

    internal bool IsQueueFull { get; init; }

    /// <summary>Counts a call that matches.</summary>
    /// <returns>Whether the fault is to strike it.</returns>
    internal bool Counts(ClientCall call, string clientId, string? topic) =>
        call == Call
        && !IsSpent
        && !_isLifted
        && (_match.ClientId is null || _match.ClientId == clientId)
        && (_match.Topic is null || _match.Topic == topic)
        && ++_seen >= _match.Nth;

    internal void Strike() => _hits++;

    internal KafkaClientException ToException(string clientId) => new(
        $"{Call} of '{clientId}' failed by script{(AfterEffect ? " after it took effect" : string.Empty)}.",
        Kind ?? throw new InvalidOperationException("The fault is not an error."));
}

/// <summary>
/// Faults that an <see cref="InMemoryKafka"/> is told to show, each at a certain call. Of several that strike the same
/// call the one scripted first does, the others wait for the next. Safe for use by several threads.
/// </summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<ScriptedFault> _faults = [];

    internal FaultPlan()
    {
    }

    /// <summary>Lets a call fail before it has any effect.</summary>
    /// <param name="call">The call.</param>
    /// <param name="kind">What the client reports.</param>
    /// <param name="match">Which of the calls; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public ScriptedFault Fail(ClientCall call, KafkaErrorKind kind, FaultMatch? match = null) =>
        Add(new ScriptedFault(call, match ?? new FaultMatch()) { Kind = kind });

    /// <summary>Lets a call take effect at the cluster but fail at the client, as when the answer is lost.</summary>
    /// <param name="call">The call.</param>
    /// <param name="kind">What the client reports.</param>
    /// <param name="match">Which of the calls; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public ScriptedFault LoseAnswer(ClientCall call, KafkaErrorKind kind, FaultMatch? match = null) =>
        Add(new ScriptedFault(call, match ?? new FaultMatch()) { Kind = kind, AfterEffect = true });

    /// <summary>
    /// Holds a call back. A record produced, and those behind it, stay in the producer's queue until the cluster's
    /// clock has moved on; another call waits until the clock has moved or as much real time is over, and fails as
    /// <see cref="KafkaErrorKind.Retriable"/> when its own timeout is shorter.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="by">How long; more than zero.</param>
    /// <param name="match">Which of the calls; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public ScriptedFault Delay(ClientCall call, TimeSpan by, FaultMatch? match = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(by, TimeSpan.Zero);
        return Add(new ScriptedFault(call, match ?? new FaultMatch()) { Delay = by });
    }

    /// <summary>Lets a producer answer that its queue is full.</summary>
    /// <param name="match">Which of the records handed over; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public ScriptedFault FillQueue(FaultMatch? match = null) =>
        Add(new ScriptedFault(ClientCall.Produce, match ?? new FaultMatch()) { IsQueueFull = true });

    internal ScriptedFault? Take(ClientCall call, string clientId, string? topic = null)
    {
        lock (_gate)
        {
            ScriptedFault? taken = null;
            foreach (var fault in _faults)
            {
                if (fault.Counts(call, clientId, topic))
                {
                    taken ??= fault;
                }
            }

            taken?.Strike();
            return taken;
        }
    }

    private ScriptedFault Add(ScriptedFault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }

        return fault;
    }
}
