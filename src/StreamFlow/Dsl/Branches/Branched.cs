namespace StreamFlow;

/// <summary>What becomes of a branch of a stream.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Branched<TKey, TValue>
{
    /// <summary>End of the branch's name, which begins with that of the split.</summary>
    /// <value>Default: the branch's number from 1; of the default branch 0.</value>
    public string? Name { get; init; }

    /// <summary>Takes the branch, which is then not among the branches returned in the end.</summary>
    /// <value>Default: none.</value>
    public Action<KStream<TKey, TValue>>? Consumer { get; init; }

    /// <summary>
    /// Takes the branch and makes another stream of it, which is returned in the end in its place;
    /// <see langword="null"/> for none.
    /// </summary>
    /// <value>Default: none; the branch is returned as it is.</value>
    public Func<KStream<TKey, TValue>, KStream<TKey, TValue>?>? Function { get; init; }
}
