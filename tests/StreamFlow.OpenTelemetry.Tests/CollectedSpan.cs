using System.Globalization;
using Google.Protobuf;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>A span as it comes by OTLP; the fields of opentelemetry/proto/trace/v1/trace.proto that are looked at here.</summary>
internal sealed class CollectedSpan
{
    // INTERNAL is 1 in OTLP, and so on.
    private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
    private ulong _start;
    private ulong _end;

    public string TraceId { get; private set; } = string.Empty;

    public string SpanId { get; private set; } = string.Empty;

    public string ParentId { get; private set; } = string.Empty;

    public string Name { get; private set; } = string.Empty;

    public string Kind { get; private set; } = Kinds[0];

    public SortedDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Span ids of what it links to.</summary>
    public List<string> Links { get; } = [];

    public TimeSpan Duration => TimeSpan.FromMicroseconds((_end - _start) / 1000.0);

    public ulong Start => _start;

    /// <summary>The spans of an ExportTraceServiceRequest: resource spans (1), their scope spans (2), their spans (2).</summary>
    public static IEnumerable<CollectedSpan> Decode(byte[] request) =>
        from resource in Fields(request, 1)
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select DecodeSpan(span);

    private static CollectedSpan DecodeSpan(byte[] message)
    {
        var span = new CollectedSpan();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1: span.TraceId = Hex(input); break;
                case 2: span.SpanId = Hex(input); break;
                case 4: span.ParentId = Hex(input); break;
                case 5: span.Name = input.ReadString(); break;
                case 6: span.Kind = Kinds[input.ReadEnum()]; break;
                case 7: span._start = input.ReadFixed64(); break;
                case 8: span._end = input.ReadFixed64(); break;
                case 9: span.AddAttribute(input.ReadBytes().ToByteArray()); break;
                case 13: span.Links.Add(Convert.ToHexStringLower(Fields(input.ReadBytes().ToByteArray(), 2).Single())); break;
                default: input.SkipLastField(); break;
            }
        }

        return span;
    }

    /// <summary>A KeyValue: key (1) and AnyValue (2), of which strings (1) and numbers (3) are used.</summary>
    private void AddAttribute(byte[] pair)
    {
        var key = System.Text.Encoding.UTF8.GetString(Fields(pair, 1).Single());
        var input = new CodedInputStream(Fields(pair, 2).Single());
        var tag = input.ReadTag();
        Attributes[key] = WireFormat.GetTagFieldNumber(tag) switch
        {
            1 => input.ReadString(),
            3 => input.ReadInt64().ToString(CultureInfo.InvariantCulture),
            var other => $"(field {other})",
        };
    }

    /// <summary>The messages, strings or bytes of one field.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number)
            {
                yield return input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private static string Hex(CodedInputStream input) => Convert.ToHexStringLower(input.ReadBytes().Span);
}
