namespace StreamFlow.Broker;

/// <summary>
/// Named places between two durable steps. Tests end the process or copy its files there, to prove that a crash at any of them loses
/// nothing. Nothing that is shipped sets them. Costs one null check when unset.
/// </summary>
internal sealed class FaultPoints(Action<string>? reached)
{
    public const string ProducerInitialised = "txn.after-init";
    public const string PartitionsAdded = "txn.after-add";
    public const string BeforeOffsets = "txn.before-offsets";
    public const string AfterOffsets = "txn.after-offsets";
    public const string BeforePrepare = "txn.before-prepare";
    public const string AfterPrepare = "txn.after-prepare";
    public const string BeforeMarker = "txn.before-marker";
    public const string AfterMarker = "txn.after-marker";
    public const string BeforeMaterialise = "txn.before-materialise";
    public const string AfterMaterialise = "txn.after-materialise";
    public const string BeforeComplete = "txn.before-complete";
    public const string AfterComplete = "txn.after-complete";

    /// <summary>No fault point does anything.</summary>
    public static FaultPoints None { get; } = new(null);

    /// <summary>Every point there is, in the order a transaction passes them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        ProducerInitialised, PartitionsAdded, BeforeOffsets, AfterOffsets, BeforePrepare, AfterPrepare, BeforeMarker,
        AfterMarker, BeforeMaterialise, AfterMaterialise, BeforeComplete, AfterComplete,
    ];

    /// <summary>Reads <c>name</c> or <c>name:n</c>: acts when the point is reached for the n-th time, 1 by default.</summary>
    /// <exception cref="ArgumentException">The name is unknown or the number is not at least 1.</exception>
    public static FaultPoints Parse(string text, Action act)
    {
        string[] parts = text.Split(':');
        int hits = 1;
        bool isNumber = parts.Length < 2
            || int.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out hits);
        if (parts.Length > 2 || !isNumber || hits < 1 || !All.Contains(parts[0], StringComparer.Ordinal))
        {
            throw new ArgumentException(
                $"The fault point '{text}' is not of the form name or name:number; names are {string.Join(", ", All)}.");
        }

        int left = hits;
        return new FaultPoints(name =>
        {
            if (name == parts[0] && Interlocked.Decrement(ref left) == 0)
            {
                act();
            }
        });
    }

    public void Hit(string name) => reached?.Invoke(name);
}
