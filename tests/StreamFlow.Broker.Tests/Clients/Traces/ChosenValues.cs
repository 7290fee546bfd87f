using System.Buffers.Binary;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>What one broker chose in the place of what another one chose.</summary>
internal sealed class ChosenValues
{
    private const int ProducerIdAt = 43;
    private const int CrcAt = 17;

    /// <summary>Fields with what brokers choose, by the kind of their values: one is the same in whichever field it stands.</summary>
    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["topic_id"] = "topic", ["producer_id"] = "producer", ["member_id"] = "member", ["leader"] = "member", ["cluster_id"] = "cluster",
        ["port"] = "port",
    };

    private readonly Dictionary<(string Kind, object Theirs), object> _ours = [];

    /// <summary>Compares two answers, and keeps what stands in the place of what.</summary>
    public void Learn(WireStruct theirs, WireStruct ours)
    {
        foreach ((string name, object? value) in theirs)
        {
            if (value is null || !ours.TryGetValue(name, out object? other) || other is null)
            {
                continue;
            }

            if (value is WireStruct one && other is WireStruct another)
            {
                Learn(one, another);
            }
            else if (value is List<object?> many && other is List<object?> others)
            {
                foreach ((object? left, object? right) in TraceComparison.InOrder(many).Zip(TraceComparison.InOrder(others)))
                {
                    if (left is WireStruct first && right is WireStruct second)
                    {
                        Learn(first, second);
                    }
                }
            }
            else if (Kinds.TryGetValue(name, out string? kind) && value is not ("" or -1L))
            {
                _ours.TryAdd((kind, value), other);
            }
        }
    }

    /// <summary>Whether a field has what this broker chose when the other one chose that, as in all answers before.</summary>
    public bool IsInThePlaceOf(string field, object? theirs, object? ours) => theirs is not null
        && Kinds.TryGetValue(field, out string? kind) && _ours.TryGetValue((kind, theirs), out object? chosen) && chosen.Equals(ours);

    /// <summary>Puts into a request what this broker chose.</summary>
    public void Put(WireStruct request)
    {
        foreach ((string name, object? value) in request.ToArray())
        {
            switch (value)
            {
                case WireStruct inner:
                    Put(inner);
                    break;
                case List<object?> many:
                    many.OfType<WireStruct>().ToList().ForEach(Put);
                    break;
                case byte[] records when name == "records":
                    Put(records);
                    break;
                case not null when Kinds.TryGetValue(name, out string? kind) && _ours.TryGetValue((kind, value), out object? ours):
                    request[name] = ours;
                    break;
            }
        }
    }

    /// <summary>A batch names its producer, and has a checksum over that.</summary>
    private void Put(byte[] batch)
    {
        long producer = BinaryPrimitives.ReadInt64BigEndian(batch.AsSpan(ProducerIdAt));
        if (_ours.TryGetValue(("producer", producer), out object? ours))
        {
            BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(ProducerIdAt), (long)ours);
            BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(CrcAt), RecordBatch.ComputeCrc(batch));
        }
    }
}
