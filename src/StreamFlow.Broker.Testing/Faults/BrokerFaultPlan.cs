namespace StreamFlow.Broker.Testing;

/// <summary>
/// Faults that a <see cref="TestBroker"/> is told to show, each at certain requests. Of several that match the same request the one scripted
/// first strikes, the others wait for the next. They stay through crashes and restarts of the broker. Safe for use by several threads.
/// </summary>
public sealed class BrokerFaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<BrokerFault> _faults = [];

    internal BrokerFaultPlan()
    {
    }

    /// <summary>Holds a request back, and what follows on its connection, before the broker sees it.</summary>
    /// <param name="api">The kind of request.</param>
    /// <param name="by">How long, on the broker's clock; more than zero. One that stands still holds the request until it is moved.</param>
    /// <param name="match">Which of the requests; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault Delay(BrokerApi api, TimeSpan by, RequestMatch? match = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(by, TimeSpan.Zero);
        return Add(new BrokerFault(FaultKind.Delay, Checked(api, match)) { Api = api, By = by });
    }

    /// <summary>
    /// Answers a request with an error, which stands wherever the answer has a place for one, as in Apache Kafka. The request has no effect. A
    /// produce that asks for no answer (<c>acks=0</c>) has its connection closed instead, as there.
    /// </summary>
    /// <param name="api">The kind of request.</param>
    /// <param name="error">What the client is told.</param>
    /// <param name="match">Which of the requests; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault Fail(BrokerApi api, BrokerError error, RequestMatch? match = null) =>
        Add(new BrokerFault(FaultKind.Error, Checked(api, match)) { Api = api, Error = (ErrorCode)error });

    /// <summary>Lets a request take effect and sends no answer; the connection stays. The client waits for its own request timeout.</summary>
    /// <param name="api">The kind of request.</param>
    /// <param name="match">Which of the requests; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault DropAnswer(BrokerApi api, RequestMatch? match = null) =>
        Add(new BrokerFault(FaultKind.DropAnswer, Checked(api, match)) { Api = api });

    /// <summary>Closes the connection of a request in place of an answer.</summary>
    /// <param name="api">The kind of request.</param>
    /// <param name="moment">Whether the request takes effect.</param>
    /// <param name="match">Which of the requests; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault Disconnect(BrokerApi api, FaultMoment moment = FaultMoment.BeforeEffect, RequestMatch? match = null) =>
        Add(new BrokerFault(FaultKind.Disconnect, Checked(api, match)) { Api = api, Moment = moment });

    /// <summary>
    /// Lets the broker die at a request, which is not answered. It comes back by itself, at the same address, with what it had written or flushed.
    /// </summary>
    /// <param name="api">The kind of request.</param>
    /// <param name="kind">What is left.</param>
    /// <param name="moment">Whether the request takes effect before.</param>
    /// <param name="match">Which of the requests; the next one if left out.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault Crash(
        BrokerApi api, CrashKind kind = CrashKind.ProcessKilled, FaultMoment moment = FaultMoment.BeforeEffect, RequestMatch? match = null) =>
        Add(new BrokerFault(FaultKind.Crash, Checked(api, match)) { Api = api, Crash = kind, Moment = moment });

    /// <summary>Lets the broker die in the middle of a transaction, as <see cref="Crash"/> does.</summary>
    /// <param name="step">Where.</param>
    /// <param name="kind">What is left.</param>
    /// <param name="nth">At which passage, counted from 1 after the fault was scripted.</param>
    /// <returns>The fault, to see whether it struck.</returns>
    public BrokerFault CrashAt(TransactionStep step, CrashKind kind = CrashKind.ProcessKilled, int nth = 1) =>
        Add(new BrokerFault(FaultKind.Crash, new RequestMatch { Nth = nth }) { Step = step, Crash = kind });

    /// <summary>Ends all faults that were scripted until now.</summary>
    public void LiftAll()
    {
        lock (_gate)
        {
            _faults.ForEach(static fault => fault.Lift());
            _faults.Clear();
        }
    }

    internal BrokerFault? Take(BrokerRequest request) => Take((fault, mayStrike) => fault.Strikes(request, mayStrike));

    internal BrokerFault? Take(TransactionStep step) => Take((fault, mayStrike) => fault.Strikes(step, mayStrike));

    /// <summary>Whether anything is scripted for an API: if not, its requests need not be read.</summary>
    internal bool Concerns(short api)
    {
        lock (_gate)
        {
            return _faults.Exists(fault => (short?)fault.Api == api);
        }
    }

    private BrokerFault? Take(Func<BrokerFault, bool, bool> strikes)
    {
        lock (_gate)
        {
            BrokerFault? taken = null;
            foreach (BrokerFault fault in _faults)
            {
                if (strikes(fault, taken is null))
                {
                    taken = fault;
                }
            }

            _faults.RemoveAll(static fault => fault.IsSpent);
            return taken;
        }
    }

    private static RequestMatch Checked(BrokerApi api, RequestMatch? match)
    {
        if (!RequestShapes.All.TryGetValue(api, out RequestShape? shape))
        {
            throw new ArgumentException($"{(short)api} is no API that the broker answers; give one of {nameof(BrokerApi)}.", nameof(api));
        }

        if (match?.Topic is { } topic && shape.Topics is null)
        {
            throw new ArgumentException(
                $"A fault of {api} is to strike requests that name the topic '{topic}', and {api} names no topics; leave {nameof(RequestMatch.Topic)} out.",
                nameof(match));
        }

        return match ?? new RequestMatch();
    }

    private BrokerFault Add(BrokerFault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }

        return fault;
    }
}
