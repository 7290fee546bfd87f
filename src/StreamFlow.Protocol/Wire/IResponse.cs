namespace StreamFlow.Protocol;

/// <summary>A response body that writes itself in the version of the writer.</summary>
internal interface IResponse
{
    void Write(WireWriter writer);
}
