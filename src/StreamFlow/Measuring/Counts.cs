namespace StreamFlow.Measuring;

/// <summary>
/// Counts of one thing, a thread or a task for example: plain fields that one thread writes, and whoever collects metrics reads.
/// A reader may see a count that is a moment old.
/// </summary>
/// <param name="tags">What tells it from others of its kind.</param>
internal abstract class Counts(params KeyValuePair<string, object?>[] tags)
{
    public KeyValuePair<string, object?>[] Tags { get; } = tags;

    /// <summary>Its tags and one more.</summary>
    public KeyValuePair<string, object?>[] With(string name, object? value) => [.. Tags, new(name, value)];
}
