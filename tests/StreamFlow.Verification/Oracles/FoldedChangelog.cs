namespace StreamFlow.Verification.Oracles;

/// <summary>What a store has to hold by its changelog, up to some offset.</summary>
internal sealed class FoldedChangelog(StoreLayout layout)
{
    private readonly Dictionary<string, string> _entries = [];
    private long _latest = -1;

    public void Apply(ReadRecord record)
    {
        var key = Convert.ToHexString(record.Key!);
        if (layout.IsSegmented)
        {
            _latest = Math.Max(_latest, layout.TimeOf(record.Key!));
        }

        if (record.Value is null)
        {
            _entries.Remove(key);
        }
        else
        {
            _entries[key] = LocalState.Entry(record.Value, layout.HasTimestamp ? record.Timestamp : 0);
        }
    }

    /// <param name="state">What a store holds.</param>
    /// <param name="end">Where the committed changelog ends.</param>
    /// <returns>What is different; null if nothing is.</returns>
    public string? DifferenceTo(LocalState state, long end)
    {
        if (state.ChangelogOffset > end)
        {
            return $"the committed changelog ends at {end}";
        }

        var keys = state.Entries.Keys.Union(_entries.Keys)
            .Where(k => state.Entries.GetValueOrDefault(k) != _entries.GetValueOrDefault(k) && !MayBeGone(k)).ToList();
        return keys.Count == 0
            ? null
            : $"{keys.Count} keys differ, {keys[0]} is {state.Entries.GetValueOrDefault(keys[0], "missing")}, "
                + $"logged {_entries.GetValueOrDefault(keys[0], "nowhere")}";
    }

    private bool MayBeGone(string key) =>
        layout.IsSegmented && layout.TimeOf(Convert.FromHexString(key)) < _latest - layout.KeptMs;
}
