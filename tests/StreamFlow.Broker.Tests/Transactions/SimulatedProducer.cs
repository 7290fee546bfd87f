using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>A client of the simulation.</summary>
internal sealed class SimulatedProducer(int id, TransactionVersion version)
{
    public int Id { get; } = id;

    /// <summary>The protocol it speaks; the next producer of the id may speak another.</summary>
    public TransactionVersion Version { get; } = version;

    public ProducerIdentity Identity { get; private set; } = ProducerIdentity.None;

    public int Transaction { get; set; }

    public HashSet<int> Added { get; } = [];

    public int? Adding { get; set; }

    public bool? Ending { get; set; }

    public bool IsWaiting { get; set; }

    public bool IsGone { get; set; }

    public bool MustInitialise { get; set; }

    public void Begin(ProducerIdentity identity)
    {
        Identity = identity;
        Transaction = 0;
        Added.Clear();
        Ending = null;
        MustInitialise = false;
    }
}
