namespace StreamFlow.Broker.Testing;

/// <summary>What a scripted fault does to a request.</summary>
internal enum FaultKind
{
    Delay,
    Error,
    DropAnswer,
    Disconnect,
    Crash,
}

/// <summary>A fault that was scripted, to be asked afterwards whether it struck. Safe for use by several threads.</summary>
public sealed class BrokerFault
{
    private readonly RequestMatch _match;
    private int _seen;
    private int _hits;
    private volatile bool _isLifted;

    internal BrokerFault(FaultKind kind, RequestMatch match)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(match.Nth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(match.Times, 1);
        Kind = kind;
        _match = match;
    }

    /// <summary>How many requests it has struck.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Whether it has struck as often as it was told to.</summary>
    public bool IsSpent => Hits >= _match.Times;

    internal FaultKind Kind { get; }

    /// <summary>Null for a fault of a step inside of the broker.</summary>
    internal BrokerApi? Api { get; init; }

    internal TransactionStep? Step { get; init; }

    internal TimeSpan By { get; init; }

    internal ErrorCode Error { get; init; }

    internal FaultMoment Moment { get; init; }

    internal CrashKind Crash { get; init; }

    /// <summary>Ends the fault: it strikes nothing more.</summary>
    public void Lift() => _isLifted = true;

    /// <summary>Counts a request, if it matches, and strikes it, if it is its turn. Under the lock of the plan.</summary>
    /// <param name="request">The request.</param>
    /// <param name="mayStrike">False when another fault has struck it: this one waits for the next.</param>
    internal bool Strikes(BrokerRequest request, bool mayStrike) =>
        Api == request.Api
        && (_match.ClientId is null || _match.ClientId == request.ClientId)
        && (_match.Topic is null || request.Topics.Contains(_match.Topic))
        && (_match.When is null || _match.When(request))
        && Counts(mayStrike);

    internal bool Strikes(TransactionStep step, bool mayStrike) => Step == step && Counts(mayStrike);

    private bool Counts(bool mayStrike)
    {
        if (_isLifted || IsSpent || ++_seen < _match.Nth || !mayStrike)
        {
            return false;
        }

        _hits++;
        return true;
    }
}
