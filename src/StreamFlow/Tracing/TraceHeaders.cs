using System.Diagnostics;
using System.Text;

namespace StreamFlow.Tracing;

/// <summary>The trace context of W3C in the headers of a record: <c>traceparent</c> and <c>tracestate</c>.</summary>
internal static class TraceHeaders
{
    public const string Parent = "traceparent";
    public const string State = "tracestate";

    /// <summary>Reads the context of who sent a record. One that nobody can read is none.</summary>
    public static bool TryRead(Headers? headers, out ActivityContext context)
    {
        context = default;
        return headers is not null && TextOf(headers, Parent) is { } parent
            && ActivityContext.TryParse(parent, TextOf(headers, State), isRemote: true, out context)
            && context.TraceId != default && context.SpanId != default;
    }

    /// <summary>The same of one that is followed: who sent the record has recorded its span.</summary>
    public static bool TryReadRecorded(Headers? headers, out ActivityContext context) =>
        TryRead(headers, out context) && context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);

    /// <summary>The same headers with the context of a span in place of that which they have.</summary>
    public static Headers Write(Headers? headers, Activity span, ActivityContext[] made)
    {
        var kept = headers?.Where(header => header.Key is not (Parent or State)) ?? [];
        List<Header> written = [.. kept, new Header(Parent, Encoding.ASCII.GetBytes(span.Id!))];
        if (span.TraceStateString is { Length: > 0 } state)
        {
            written.Add(new Header(State, Encoding.ASCII.GetBytes(state)));
        }

        return new Headers(written.ToArray()) { MadeBy = made };
    }

    private static string? TextOf(Headers headers, string name) =>
        headers.TryGetLast(name, out var bytes) && bytes is not null ? Encoding.ASCII.GetString(bytes) : null;
}
