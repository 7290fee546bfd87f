namespace StreamFlow.Protocol;

/// <summary>What reads and writes itself in the version of a reader or writer: a message, or a struct in one.</summary>
internal interface IWireType<TSelf>
    where TSelf : IWireType<TSelf>
{
    /// <summary>Reads one from where the reader stands.</summary>
    static abstract TSelf Read(ref WireReader r);

    /// <summary>Writes it where the writer stands.</summary>
    void Write(WireWriter w);
}
