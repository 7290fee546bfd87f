namespace StreamFlow.Dsl;

/// <summary>What a flat-mapping function returned.</summary>
internal static class ResultSequence
{
    public static IEnumerator<T> Enumerate<T>(IEnumerable<T>? items) =>
        items is null
            ? throw new InvalidOperationException(
                "The mapper returned null, which is no sequence. Return an empty one to make no record.")
            : items.GetEnumerator();
}
