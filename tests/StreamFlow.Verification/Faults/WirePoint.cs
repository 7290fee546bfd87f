namespace StreamFlow.Verification.Faults;

/// <summary>A request of the transaction protocol and the moment next to it.</summary>
/// <param name="Name">How the moment is called.</param>
/// <param name="ApiKey">The request's key in the Kafka protocol.</param>
/// <param name="IsAfter">
/// After the broker has answered, before the worker sees the answer; otherwise before the broker sees the request.
/// </param>
internal sealed record WirePoint(string Name, short ApiKey, bool IsAfter)
{
    private const short AddOffsetsToTxn = 25;
    private const short EndTxn = 26;
    private const short TxnOffsetCommit = 28;

    public static WirePoint EndRequest { get; } = new("before-end-txn", EndTxn, false);

    public static WirePoint EndAnswer { get; } = new("after-end-txn", EndTxn, true);

    public static IReadOnlyList<WirePoint> All { get; } =
    [
        new("before-add-offsets", AddOffsetsToTxn, false),
        new("after-add-offsets", AddOffsetsToTxn, true),
        new("before-txn-offset-commit", TxnOffsetCommit, false),
        new("after-txn-offset-commit", TxnOffsetCommit, true),
        EndRequest,
        EndAnswer,
    ];
}

/// <summary>What the proxy does, once, with the next frame at a point.</summary>
internal enum WireAction
{
    /// <summary>The frame is lost, and the connection with it.</summary>
    Drop,

    /// <summary>The frame is held back for a time.</summary>
    Delay,
}

/// <summary>An order to the proxy.</summary>
internal sealed class WireOrder(string clientPrefix, WirePoint point, WireAction action, TimeSpan delay, Action reached)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WirePoint Point => point;

    public WireAction Action => action;

    public TimeSpan Delay => delay;

    /// <summary>Ends when the point was reached and <c>reached</c> was called.</summary>
    public Task Done => _done.Task;

    public bool Concerns(string clientId, short apiKey) =>
        apiKey == point.ApiKey && clientId.StartsWith(clientPrefix, StringComparison.Ordinal);

    public void Execute()
    {
        reached();
        _done.TrySetResult();
    }
}
