namespace StreamFlow.Records;

/// <summary>
/// An update of a table row: the value now and, where somebody downstream asked for it, the value before.
/// Both may be missing, which is not the same as <c>default</c>.
/// </summary>
internal readonly struct Change<TValue>
{
    private readonly bool _hasNew;
    private readonly bool _hasOld;
    private readonly bool _isSuperseded;

    public Change(TValue newValue, bool hasNew, TValue oldValue, bool hasOld, bool isLatest = true)
    {
        New = newValue;
        Old = oldValue;
        _hasNew = hasNew;
        _hasOld = hasOld;
        _isSuperseded = !isLatest;
    }

    public TValue New { get; }

    public TValue Old { get; }

    /// <summary>Time of the value before, where it is known.</summary>
    public long OldTimestamp { get; init; }

    public bool HasNew => _hasNew;

    public bool HasOld => _hasOld;

    /// <summary>Whether the new value is the row now: not, where a table that keeps versions has a later one already.</summary>
    public bool IsLatest => !_isSuperseded;
}
