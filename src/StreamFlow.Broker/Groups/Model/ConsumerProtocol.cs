using System.Buffers.Binary;
using System.Text;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Groups;

/// <summary>The subscription that a consumer of the classic protocol hands to its leader.</summary>
/// <param name="Version">The version of its layout.</param>
/// <param name="Topics">What it subscribes to.</param>
/// <param name="Owned">What it has, from version 1 on.</param>
/// <param name="GenerationId">The generation that <paramref name="Owned"/> is of, from version 2 on; −1 when unknown.</param>
internal sealed record EmbeddedSubscription(
    short Version, IReadOnlyList<string> Topics, IReadOnlyList<OffsetKey> Owned, int GenerationId);

/// <summary>
/// The protocol that consumers speak inside of the classic one, in metadata that is opaque to a classic group:
/// subscriptions (version:i16, [topic:str], user data, [owned], generation:i32, rack:str) and assignments (version:i16,
/// [topic:str [partition:i32]], user data). The coordinator looks into them where it must know who reads what, and where
/// classic members are part of a group whose partitions it assigns itself.
/// </summary>
internal static class ConsumerProtocol
{
    /// <summary>The protocol type of groups whose members speak it.</summary>
    public const string Type = "consumer";

    private const short OwnedVersion = 1;
    private const short GenerationVersion = 2;
    private const short HighestVersion = 3;

    /// <summary>True when the subscription names the topic or cannot be read.</summary>
    public static bool MayContain(ReadOnlySpan<byte> metadata, string topic) =>
        ReadSubscription(metadata) is not { } subscription || subscription.Topics.Contains(topic);

    /// <summary>Reads a subscription, of a later version as far as it is known; null when it cannot be read.</summary>
    public static EmbeddedSubscription? ReadSubscription(ReadOnlySpan<byte> metadata)
    {
        var reader = new Reader(metadata);
        short version = reader.Int16();
        string[] topics = reader.Strings();
        if (reader.HasFailed || version < 0)
        {
            return null;
        }

        // What follows the topics is of no use when it is damaged, but the topics are.
        reader.SkipBytes();
        List<OffsetKey> owned = version >= OwnedVersion ? reader.Partitions() : [];
        int generation = version >= GenerationVersion ? reader.Int32() : -1;
        return reader.HasFailed
            ? new EmbeddedSubscription(version, topics, [], -1)
            : new EmbeddedSubscription(version, topics, owned, generation);
    }

    /// <summary>Reads an assignment; empty when there is none, null when it cannot be read.</summary>
    public static IReadOnlyList<OffsetKey>? ReadAssignment(ReadOnlySpan<byte> assignment)
    {
        if (assignment.IsEmpty)
        {
            return [];
        }

        var reader = new Reader(assignment);
        short version = reader.Int16();
        List<OffsetKey> partitions = reader.Partitions();
        return reader.HasFailed || version < 0 ? null : partitions;
    }

    /// <summary>Writes an assignment in the version of the subscription it answers.</summary>
    public static byte[] WriteAssignment(short version, IEnumerable<OffsetKey> partitions)
    {
        using WireWriter writer = new() { Version = Math.Clamp(version, (short)0, HighestVersion) };
        writer.WriteInt16(writer.Version);
        new ConsumerProtocolAssignment
        {
            AssignedPartitions =
            [
                .. partitions.GroupBy(static x => x.Topic).OrderBy(static x => x.Key, StringComparer.Ordinal)
                    .Select(static topic => new ConsumerProtocolAssignmentAssignedPartitions
                    {
                        Topic = topic.Key, Partitions = [.. topic.Select(static x => x.Partition).Order()],
                    }),
            ],
        }.Write(writer);
        return writer.Written.ToArray();
    }

    /// <summary>Reads what somebody else wrote: it fails once and then gives nothing, rather than throw.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public bool HasFailed { get; private set; }

        public short Int16() => Take(sizeof(short)) is { Length: > 0 } field ? BinaryPrimitives.ReadInt16BigEndian(field) : (short)0;

        public int Int32() => Take(sizeof(int)) is { Length: > 0 } field ? BinaryPrimitives.ReadInt32BigEndian(field) : 0;

        public string[] Strings()
        {
            var strings = new List<string>();
            for (int count = Count(); count > 0 && !HasFailed; count--)
            {
                strings.Add(String());
            }

            return [.. strings];
        }

        public List<OffsetKey> Partitions()
        {
            var partitions = new List<OffsetKey>();
            for (int topics = Count(); topics > 0 && !HasFailed; topics--)
            {
                string topic = String();
                for (int count = Count(); count > 0 && !HasFailed; count--)
                {
                    partitions.Add(new OffsetKey(topic, Int32()));
                }
            }

            return partitions;
        }

        public void SkipBytes() => Take(Math.Max(Int32(), 0));

        private string String() => Encoding.UTF8.GetString(Take(Int16()));

        private int Count()
        {
            int count = Int32();
            HasFailed |= count < 0;
            return count;
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (HasFailed || length < 0 || length > _rest.Length)
            {
                HasFailed = true;
                return default;
            }

            ReadOnlySpan<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
