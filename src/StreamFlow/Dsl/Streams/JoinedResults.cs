using StreamFlow.Processing;
using StreamFlow.Tracing;

namespace StreamFlow.Dsl;

/// <summary>Hands on results of joins: within a span that links to the records they are of, where these are traced.</summary>
internal static class JoinedResults
{
    /// <param name="next">Where the result goes.</param>
    /// <param name="node">Name of the join.</param>
    /// <param name="result">The result, with the headers of the record that brought it forth.</param>
    /// <param name="other">Headers of the record it met; null where it met none, or its headers are not kept.</param>
    public static void HandOn<TKey, TResult>(
        Processor<TKey, TResult> next, string node, in Record<TKey, TResult> result, Headers? other = null)
    {
        if (Spans.Source.HasListeners())
        {
            HandOnTraced(next, node, in result, other);
            return;
        }

        next.Process(in result);
    }

    private static void HandOnTraced<TKey, TResult>(
        Processor<TKey, TResult> next, string node, in Record<TKey, TResult> result, Headers? other)
    {
        var headers = result.Headers;
        using var span = Spans.BeginJoined(node, ref headers, other);
        next.Process(span is null ? result : result.WithHeaders(headers));
    }
}
