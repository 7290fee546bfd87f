namespace StreamFlow.Protocol;

/// <summary>A request and the response that answers it, as whoever sends it sees them.</summary>
internal interface IRequestFor<out TResponse>
{
    /// <summary>The API that it asks.</summary>
    ApiKey Api { get; }

    /// <summary>Writes it in the version of the writer.</summary>
    void Write(WireWriter w);
}
