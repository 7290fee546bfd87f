using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>What is known of a transaction's outcome.</summary>
internal enum Outcome
{
    Open,
    Committing,
    Committed,
    Aborted,
}

/// <summary>A transaction as its client sees it.</summary>
internal sealed class ClientTransaction(int number)
{
    public int Number { get; } = number;

    public Outcome Outcome { get; set; }

    public Dictionary<string, List<string>> Written { get; } = [];

    public bool HasOffsets { get; set; }
}

/// <summary>
/// A transactional producer that outlives the cuts and does as clients do: it asks again what was not answered, aborts
/// what cannot commit, and begins anew when it is fenced.
/// </summary>
internal sealed class CutProducer(string id, TransactionVersion version, Random random)
{
    /// <summary>Of its transactions.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static readonly string[] Topics = ["ta", "tb"];

    private ProducerIdentity _identity = ProducerIdentity.None;
    private readonly Dictionary<string, int> _sequences = [];
    private readonly HashSet<string> _added = [];
    private bool? _ending;
    private int _number;
    private int _sent;

    public string Id { get; } = id;

    public List<ClientTransaction> Transactions { get; } = [];

    public bool IsIdle => Current is null;

    /// <summary>The last transaction that committed offsets, by what the client knows.</summary>
    public long CommittedOffset { get; set; } = -1;

    private ClientTransaction? Current => Transactions.Count > 0 && Transactions[^1].Outcome
        is Outcome.Open or Outcome.Committing ? Transactions[^1] : null;

    public static OffsetKey Input { get; } = new("ta", 0);

    public async Task StepAsync(CutBroker broker, bool finishing)
    {
        if (_identity == ProducerIdentity.None)
        {
            await InitAsync(broker);
        }
        else if (_ending is bool commit)
        {
            await EndAsync(broker, commit);
        }
        else if (Current is not { } current)
        {
            if (!finishing)
            {
                Transactions.Add(new ClientTransaction(_number++));
                await AddAsync(broker, Topics[random.Next(2)]);
            }
        }
        else
        {
            await ContinueAsync(broker, current, finishing);
        }
    }

    private async Task ContinueAsync(CutBroker broker, ClientTransaction current, bool finishing)
    {
        switch (finishing ? 99 : random.Next(100))
        {
            case < 15:
                await AddAsync(broker, Topics[random.Next(2)]);
                break;
            case < 60 when _added.Count > 0:
                Produce(broker, current, _added.ElementAt(random.Next(_added.Count)));
                break;
            case < 75:
                await CommitOffsetsAsync(broker, current);
                break;
            case < 78:
                // A new instance of the application: its predecessor's transaction is aborted.
                _identity = ProducerIdentity.None;
                break;
            default:
                bool commit = random.Next(3) > 0;
                current.Outcome = commit ? Outcome.Committing : Outcome.Open;
                _ending = commit;
                break;
        }
    }

    private async Task InitAsync(CutBroker broker)
    {
        TransactionReply reply = await broker.Transactions.InitProducerAsync(Id, (int)Timeout.TotalMilliseconds, ProducerIdentity.None);
        if (broker.Disk.IsCut || reply.Error != ErrorCode.None)
        {
            return;
        }

        if (Current is { } left)
        {
            // Who committed and did not hear of it does not know; see PowerCutLife.
            left.Outcome = left.Outcome == Outcome.Committing ? Outcome.Committing : Outcome.Aborted;
            if (left.Outcome == Outcome.Committing)
            {
                Settle?.Invoke(this, left);
            }
        }

        Begin(reply.Producer);
        _sequences.Clear();
    }

    /// <summary>Asked for the outcome of a commit that was never answered.</summary>
    public Action<CutProducer, ClientTransaction>? Settle { get; set; }

    private void Begin(ProducerIdentity identity)
    {
        _identity = identity;
        _added.Clear();
        _ending = null;
    }

    private async Task AddAsync(CutBroker broker, string topic)
    {
        ErrorCode[] errors = await broker.Transactions.AddPartitionsAsync(
            Id, _identity, [new TransactionPartition(topic, 0)], version);
        if (!broker.Disk.IsCut && IsDone(errors[0]))
        {
            _added.Add(topic);
        }
    }

    private void Produce(CutBroker broker, ClientTransaction current, string topic)
    {
        int sequence = _sequences.GetValueOrDefault(topic);
        string value = $"{Id}/{current.Number}/{_sent++}";
        byte[] batch = Batches.Transactional(_identity.ProducerId, _identity.Epoch, sequence, value);
        AppendResult result = broker.Log(topic).Append(batch, AppendOrigin.Client);
        if (result.IsSuccess)
        {
            _sequences[topic] = sequence + 1;
            if (!current.Written.TryGetValue(topic, out List<string>? written))
            {
                current.Written.Add(topic, written = []);
            }

            written.Add(value);
        }
        else if (!broker.Disk.IsCut && _ending is null)
        {
            // As clients do whose sequence is not what the broker expects: abort, and a new epoch.
            current.Outcome = Outcome.Open;
            _identity = ProducerIdentity.None;
        }
    }

    private async Task CommitOffsetsAsync(CutBroker broker, ClientTransaction current)
    {
        if (version < TransactionVersion.V2)
        {
            ErrorCode added = await broker.Transactions.AddOffsetsAsync(Id, _identity, Id);
            if (broker.Disk.IsCut || !IsDone(added))
            {
                return;
            }
        }

        ErrorCode[] errors = await broker.Transactions.CommitOffsetsAsync(Id, _identity, new CommitCommand
        {
            GroupId = Id,
            GenerationId = -1,
            MemberId = "",
            Offsets = [new OffsetToCommit(Input, current.Number, 0, "")],
        }, version);
        if (!broker.Disk.IsCut && IsDone(errors[0]))
        {
            current.HasOffsets = true;
        }
    }

    private async Task EndAsync(CutBroker broker, bool commit)
    {
        TransactionReply reply = await broker.Transactions.EndAsync(Id, _identity, commit, version);
        ErrorCode error = reply.Error;
        if (broker.Disk.IsCut || error is ErrorCode.ConcurrentTransactions or ErrorCode.CoordinatorNotAvailable)
        {
            return;
        }

        ClientTransaction current = Current!;
        if (error == ErrorCode.None)
        {
            current.Outcome = commit ? Outcome.Committed : Outcome.Aborted;
            CommittedOffset = commit && current.HasOffsets ? current.Number : CommittedOffset;
            Begin(reply.Producer);
            if (version >= TransactionVersion.V2)
            {
                _sequences.Clear();
            }
        }
        else if (commit && error == ErrorCode.InvalidProducerIdMapping)
        {
            current.Outcome = Outcome.Open;
            _ending = false;
        }
        else
        {
            _identity = ProducerIdentity.None;
        }
    }

    /// <summary>Whether a request succeeded; one that cannot is answered as clients do.</summary>
    private bool IsDone(ErrorCode error)
    {
        if (error is not (ErrorCode.None or ErrorCode.ConcurrentTransactions or ErrorCode.CoordinatorNotAvailable))
        {
            _identity = ProducerIdentity.None;
        }

        return error == ErrorCode.None;
    }
}
