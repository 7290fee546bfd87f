namespace StreamFlow.Protocol;

/// <summary>A request body: one shape for all its versions, filled with defaults where a version lacks a field.</summary>
internal interface IRequest<TSelf>
    where TSelf : IRequest<TSelf>
{
    static abstract TSelf Read(ref WireReader reader);
}
