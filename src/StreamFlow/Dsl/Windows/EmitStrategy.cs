namespace StreamFlow;

/// <summary>When a windowed aggregation sends its results on.</summary>
public enum EmitStrategy
{
    /// <summary>At each update, or with the record cache at the commit the last one of each window.</summary>
    OnWindowUpdate,

    /// <summary>
    /// Once for each window, when it is closed: its end and grace are over in the event time of its task. As time moves with
    /// records, the last windows of a topic wait for records that come later.
    /// </summary>
    OnWindowClose,
}
