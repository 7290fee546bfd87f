namespace StreamFlow;

/// <summary>What to do about an output topic that is missing when the application starts.</summary>
public enum MissingTopicResponse
{
    /// <summary>The start fails, and names the topic.</summary>
    Fail,

    /// <summary>
    /// It is created, with the broker's default number of partitions and <see cref="StreamFlowOptions.ReplicationFactor"/>.
    /// </summary>
    Create,

    /// <summary>
    /// The application starts; until the topic is there, log and health say that it is missing, and a record for it goes to the
    /// <see cref="StreamFlowOptions.ProductionErrorHandler"/>.
    /// </summary>
    Continue,
}

/// <summary>What to do when a source or output topic is deleted, or made anew, while the application runs.</summary>
public enum DeletedTopicResponse
{
    /// <summary>Log and health say so while it is gone. It is read or written again when it is back.</summary>
    Continue,

    /// <summary>The application ends with a <see cref="TopologyException"/> that names it.</summary>
    Fail,
}
