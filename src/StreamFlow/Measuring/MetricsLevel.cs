namespace StreamFlow;

/// <summary>How much an application measures of itself (<c>metrics.recording.level</c>).</summary>
public enum MetricsLevel
{
    /// <summary>What costs no object and next to no time, however many records there are.</summary>
    Info,

    /// <summary>Also what looks at the clock for each record and each call of a store.</summary>
    Debug,
}
