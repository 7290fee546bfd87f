using System.Buffers.Binary;

namespace StreamFlow.Protocol.Records;

/// <summary>The record inside an end-of-transaction marker.</summary>
internal static class ControlRecord
{
    /// <summary>Reads a marker batch; false for other control records, which carry no meaning here.</summary>
    public static bool TryRead(ReadOnlySpan<byte> batch, out bool isCommit, out int coordinatorEpoch)
    {
        isCommit = false;
        coordinatorEpoch = -1;
        var reader = new RecordReader(batch);
        if (!reader.MoveNext() || reader.Key.Length < 4)
        {
            return false;
        }

        var type = BinaryPrimitives.ReadInt16BigEndian(reader.Key[2..]);
        isCommit = type == 1;
        if (reader.Value.Length >= 6)
        {
            coordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(reader.Value[2..]);
        }

        return type is 0 or 1;
    }
}
