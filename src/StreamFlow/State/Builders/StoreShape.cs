using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>What a store holds: written down beside its data, so that another topology does not take it for something else.</summary>
internal sealed record StoreShape
{
    private const string OwnPrefix = "a store of type ";
    private const string OwnWindowsPrefix = "windows of type ";

    /// <summary>Kind of store, with what decides which of its keys belong together: <c>tumbling windows of 5 min</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What lies beside each value in the byte store. The changelog has the value alone.</summary>
    public StoreFormat Layout { get; init; }

    /// <summary>Length of the stretches of time that lie together in the byte store, in milliseconds; 0 where there are none.</summary>
    public long SegmentMs { get; init; }

    /// <summary>What the keys are; null where it is not known.</summary>
    public DataFormat? Key { get; init; }

    /// <summary>What the values are; null where it is not known.</summary>
    public DataFormat? Value { get; init; }

    /// <summary>The kind of a store that is the user's own.</summary>
    public static string Own(Type store) => OwnPrefix + store;

    /// <summary>The kind of a store of windows that are the user's own.</summary>
    public static string OwnWindows(Type windows, TimeSpan longest) =>
        $"{OwnWindowsPrefix}{windows}, up to {Durations.Text(longest)}";

    /// <summary>Windows, or side by side records by their time: the length of the windows that they are read in is no part of
    /// their keys.</summary>
    public static StoreShape Windows(long sizeMs, long retentionMs, bool sideBySide, string? kind = null) => new()
    {
        Kind = sideBySide ? "records by time, side by side"
            : kind ?? $"windows of {Durations.Text(TimeSpan.FromMilliseconds(sizeMs))}",
        SegmentMs = WindowExpiry.SegmentMsOf(retentionMs),
    };

    /// <summary>Sessions.</summary>
    public static StoreShape Sessions(long retentionMs, string? kind = null) =>
        new() { Kind = kind ?? "sessions", SegmentMs = WindowExpiry.SegmentMsOf(retentionMs) };

    /// <summary>What is different now.</summary>
    public ShapeChange ChangeTo(StoreShape now)
    {
        var change = new ShapeChange();
        if (Kind != now.Kind)
        {
            // A type of the user's own may only have another name.
            var list = AreBoth(OwnPrefix, now) || AreBoth(OwnWindowsPrefix, now) ? change.Remarks : change.Conflicts;
            list.Add($"was {Kind}, now {now.Kind}");
        }

        Compare("keys", Key, now.Key, change);
        Compare("values", Value, now.Value, change);
        if (Layout != now.Layout)
        {
            change.Local.Add($"its values were kept {Text(Layout)}, now {Text(now.Layout)}");
        }

        if (SegmentMs != now.SegmentMs)
        {
            change.Local.Add("its retention is another one, and with it the segments that its data lies in");
        }

        return change;
    }

    private bool AreBoth(string prefix, StoreShape now) =>
        Kind.StartsWith(prefix, StringComparison.Ordinal) && now.Kind.StartsWith(prefix, StringComparison.Ordinal);

    private static void Compare(string what, DataFormat? was, DataFormat? now, ShapeChange change)
    {
        if (was is null || now is null)
        {
            return;
        }

        if (was.Text != now.Text)
        {
            var list = was.Format is not null && now.Format is not null ? change.Conflicts : change.Remarks;
            list.Add($"had {what} of {was.Text}, now of {now.Text}");
        }
        else if (was.Members.Count > 0 && now.Members.Count > 0)
        {
            // A member more is what JSON is made for; one that is gone, or of another type, is read as if it had not been.
            var gone = was.Members.Except(now.Members).ToList();
            if (gone.Count > 0)
            {
                change.Remarks.Add($"had {what} of JSON with the members {string.Join(", ", gone)}, which are not the same now "
                    + $"({string.Join(", ", now.Members.Except(was.Members).DefaultIfEmpty("left out"))})");
            }
        }
    }

    private static string Text(StoreFormat layout) => layout switch
    {
        StoreFormat.Timestamped => "with timestamps",
        StoreFormat.Headers => "with timestamps and headers",
        StoreFormat.HeadersOnly => "with headers",
        StoreFormat.Versioned => "as versions",
        _ => "alone",
    };
}

/// <summary>What is different between a store as it was and as it is to be.</summary>
internal sealed class ShapeChange
{
    /// <summary>What makes it impossible to go on with the data.</summary>
    public List<string> Conflicts { get; } = [];

    /// <summary>What the data in the byte store does not fit; its changelog does.</summary>
    public List<string> Local { get; } = [];

    /// <summary>What the user may have thought of, or not.</summary>
    public List<string> Remarks { get; } = [];
}
