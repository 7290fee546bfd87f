namespace StreamFlow;

/// <summary>Where to start reading a topic when the application has no committed offset for it.</summary>
public enum OffsetReset
{
    /// <summary>With the first record there is.</summary>
    Earliest,

    /// <summary>With the records that come from now on.</summary>
    Latest,
}
