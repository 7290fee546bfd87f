using System.Diagnostics;
using StreamFlow.Measuring;

namespace StreamFlow.Tracing;

/// <summary>The source of all spans, and what those are like that are made of several records.</summary>
internal static class Spans
{
    /// <summary>More links than these tell nobody anything, and exporters cut them off.</summary>
    public const int MaxLinks = 128;

    public static readonly ActivitySource Source = new(ApplicationMeter.Name, ApplicationMeter.Version);

    /// <summary>
    /// Headers of an update of a row that was not handed on yet: what is told of the row then was made by the records of both.
    /// Costs one look at a reference where nothing is traced.
    /// </summary>
    /// <param name="before">Headers of the update before.</param>
    /// <param name="update">Headers of the update.</param>
    public static Headers? Join(Headers? before, Headers? update) =>
        before?.MadeBy is null ? update : JoinTraced(before, update);

    /// <summary>A result that several records made is handed on: a span in the trace of the last one, with links to all.</summary>
    /// <param name="name">What made it.</param>
    /// <param name="headers">Its headers; they become those with the span in them.</param>
    /// <returns>The span, to be disposed of; null where nobody traces it.</returns>
    public static Activity? BeginResult(string name, ref Headers? headers)
    {
        if (headers?.MadeBy is not { Length: > 0 } made || !Source.HasListeners())
        {
            return null;
        }

        var span = Source.StartActivity(
            $"aggregate {name}", ActivityKind.Internal, made[^1], links: made.Select(context => new ActivityLink(context)));
        if (span is not null)
        {
            span.SetTag("streamflow.operator", name);
            headers = TraceHeaders.Write(headers, span, [span.Context]);
        }

        return span;
    }

    /// <summary>
    /// The result of a join is handed on: a span in the trace of the record that brought it forth, or of the other where that is not
    /// traced, with links to those of both that are.
    /// </summary>
    /// <param name="name">What made it.</param>
    /// <param name="headers">Its headers; they become those with the span in them.</param>
    /// <param name="other">Headers of the record that it met; null where they are not known.</param>
    /// <returns>The span, to be disposed of; null where neither record is traced.</returns>
    public static Activity? BeginJoined(string name, ref Headers? headers, Headers? other)
    {
        var isTraced = TraceHeaders.TryReadRecorded(headers, out var record);
        var isOtherTraced = TraceHeaders.TryReadRecorded(other, out var met);
        if (!isTraced && !isOtherTraced)
        {
            return null;
        }

        ActivityContext[] made = (isTraced, isOtherTraced) switch
        {
            (true, true) when record != met => [record, met],
            (true, _) => [record],
            _ => [met],
        };
        var span = Source.StartActivity(
            $"join {name}", ActivityKind.Internal, made[0], links: made.Select(context => new ActivityLink(context)));
        if (span is not null)
        {
            span.SetTag("streamflow.operator", name);
            headers = TraceHeaders.Write(headers, span, [span.Context]);
        }

        return span;
    }

    private static Headers? JoinTraced(Headers before, Headers? update)
    {
        ActivityContext[] made = [.. before.MadeBy!.Except(update?.MadeBy ?? []), .. update?.MadeBy ?? []];
        return new Headers([.. update ?? Headers.Empty]) { MadeBy = made.Length > MaxLinks ? made[^MaxLinks..] : made };
    }
}
