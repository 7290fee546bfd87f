namespace StreamFlow.Dsl;

/// <summary>
/// A user's function of a record, in one of the two forms every operator of a stream takes: of key and value, or of the
/// record as a whole, which can say that one of them is missing.
/// </summary>
internal readonly struct RecordFunction<TKey, TValue, TResult>
{
    private readonly Func<TKey, TValue, TResult>? _ofParts;
    private readonly Func<Record<TKey, TValue>, TResult>? _ofRecord;

    public RecordFunction(Func<TKey, TValue, TResult> ofParts) => _ofParts = ofParts;

    public RecordFunction(Func<Record<TKey, TValue>, TResult> ofRecord) => _ofRecord = ofRecord;

    /// <summary>Whether the function can be called with a record whose value may be missing.</summary>
    public bool SeesValue(in Record<TKey, TValue> record) =>
        _ofRecord is not null || !MissingParts.HideValue(in record);

    /// <summary>Whether the function can be called with a record of which any part may be missing.</summary>
    public bool Sees(in Record<TKey, TValue> record) =>
        _ofRecord is not null || !(MissingParts.HideKey(in record) || MissingParts.HideValue(in record));

    /// <exception cref="StreamsException">A part is missing that the function cannot be told of.</exception>
    public TResult Invoke(in Record<TKey, TValue> record)
    {
        if (_ofRecord is not null)
        {
            return _ofRecord(record);
        }

        MissingParts.RequireKey(in record);
        MissingParts.RequireValue(in record);
        return _ofParts!(record.Key, record.Value);
    }
}
