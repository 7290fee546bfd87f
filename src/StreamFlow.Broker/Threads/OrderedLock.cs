namespace StreamFlow.Broker;

/// <summary>
/// A lock with a place in the order of <see cref="LockRank"/>. Where the switch <see cref="Switch"/> is on, as in the tests, taking
/// one out of order throws, whether or not another thread would have made a deadlock of it; elsewhere it is a <see cref="Lock"/>
/// and the test of a constant.
/// </summary>
/// <param name="rank">Its place.</param>
internal sealed class OrderedLock(LockRank rank)
{
    /// <summary>The switch of <see cref="AppContext"/> that has the order checked.</summary>
    public const string Switch = "StreamFlow.Broker.CheckLockOrder";

    // Read once, so that the compiler leaves the check out where it is off.
    private static readonly bool IsChecked = AppContext.TryGetSwitch(Switch, out bool isOn) && isOn;

    [ThreadStatic]
    private static List<OrderedLock>? _held;

    private readonly Lock _lock = new();

    public LockRank Rank { get; } = rank;

    /// <summary>Waits for the lock, which is held until the result is disposed of. Who holds it already may take it again.</summary>
    /// <exception cref="InvalidOperationException">The order is checked, and one that comes later in it is held.</exception>
    public Held Enter()
    {
        if (IsChecked)
        {
            Check();
        }

        _lock.Enter();
        Note();
        return new Held(this);
    }

    /// <summary>Takes the lock if that needs no waiting, which is allowed in any order; to be followed by <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        if (!_lock.TryEnter())
        {
            return false;
        }

        Note();
        return true;
    }

    public void Exit()
    {
        if (IsChecked)
        {
            _held!.RemoveAt(_held.LastIndexOf(this));
        }

        _lock.Exit();
    }

    private void Note()
    {
        if (IsChecked)
        {
            (_held ??= []).Add(this);
        }
    }

    private void Check()
    {
        if (_held is not { Count: > 0 } held || held.Contains(this))
        {
            return;
        }

        LockRank innermost = held.Max(static x => x.Rank);
        if (innermost >= Rank)
        {
            throw new InvalidOperationException(
                $"The lock {Rank} was asked for while {innermost} is held; the order is the other way round. Take it before, or let "
                + $"go of {innermost} first.");
        }
    }

    /// <summary>The lock, until it is disposed of. That of no lock does nothing.</summary>
    internal readonly ref struct Held(OrderedLock taken)
    {
        private readonly OrderedLock? _taken = taken;

        public void Dispose() => _taken?.Exit();
    }
}
