namespace StreamFlow;

/// <summary>How often an input record takes effect on results, state and positions when something fails.</summary>
public enum ProcessingGuarantee
{
    /// <summary>
    /// At least once: after a failure records may be processed again, and their results appear again.
    /// </summary>
    AtLeastOnce,

    /// <summary>
    /// Exactly once: results, changelogs and positions are committed together in Kafka transactions, and readers with
    /// <c>isolation.level=read_committed</c> see each effect once. What operators do outside Kafka is not covered, nor
    /// are stores without a changelog.
    /// </summary>
    ExactlyOnce,
}
