using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// The one look the broker takes into the members' opaque metadata: the topics of a "consumer" subscription
/// (version:i16, [topic:str], then fields that do not matter here).
/// </summary>
internal static class ConsumerSubscription
{
    /// <summary>True when the subscription names the topic or cannot be read.</summary>
    public static bool MayContain(ReadOnlySpan<byte> metadata, string topic)
    {
        const int HeaderLength = sizeof(short) + sizeof(int);
        if (metadata.Length < HeaderLength)
        {
            return true;
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(metadata[sizeof(short)..]);
        ReadOnlySpan<byte> rest = metadata[HeaderLength..];
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < sizeof(short))
            {
                return true;
            }

            int length = BinaryPrimitives.ReadInt16BigEndian(rest);
            rest = rest[sizeof(short)..];
            if (length < 0 || length > rest.Length || Encoding.UTF8.GetString(rest[..length]) == topic)
            {
                return true;
            }

            rest = rest[length..];
        }

        return count < 0;
    }
}
