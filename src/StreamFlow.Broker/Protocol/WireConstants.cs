namespace StreamFlow.Broker.Protocol;

internal static class WireConstants
{
    /// <summary>"Not known": what a broker without authorization answers for authorized operations.</summary>
    public const int UnknownAuthorizedOperations = int.MinValue;
}
