namespace StreamFlow.Broker;

/// <summary>Passes what the broker has to say to the host's callback; says nothing when there is none.</summary>
internal sealed class BrokerLog(Action<string>? sink)
{
    public void Write(string message) => sink?.Invoke(message);
}
