using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client.Admin;

/// <summary>What members of classic groups tell each other: a version and a message.</summary>
internal static class GroupData
{
    /// <summary>A message with its version in front.</summary>
    public static byte[] Write(Action<WireWriter> write, short version)
    {
        using WireWriter writer = new();
        writer.Version = version;
        writer.WriteInt16(version);
        write(writer);

        // The writer's first four bytes are the size of a frame, which this is not.
        return [.. writer.Complete().SelectMany(static s => s).Skip(4)];
    }

    /// <summary>The topics of a member; none where the bytes are another protocol's.</summary>
    public static string[] ReadSubscription(byte[] bytes) => Read<ConsumerProtocolSubscription>(bytes, ConsumerProtocolSubscription.HighestVersion)?.Topics ?? [];

    public static List<TopicPartition> ReadAssignment(byte[] bytes) =>
        [.. (Read<ConsumerProtocolAssignment>(bytes, ConsumerProtocolAssignment.HighestVersion)?.AssignedPartitions ?? []).SelectMany(static t => t.Partitions.Select(p => new TopicPartition(t.Topic, p)))];

    public static byte[] WriteAssignment(IEnumerable<TopicPartition> partitions) => Write(
        new ConsumerProtocolAssignment
        {
            AssignedPartitions =
            [
                .. partitions.GroupBy(static p => p.Topic).Select(static t => new ConsumerProtocolAssignmentAssignedPartitions { Topic = t.Key, Partitions = [.. t.Select(static p => p.Partition)] }),
            ],
        }.Write,
        0);

    private static T? Read<T>(byte[] bytes, short highest)
        where T : class, IWireType<T>
    {
        if (bytes.Length < 2)
        {
            return null;
        }

        try
        {
            WireReader reader = new(bytes);
            short version = reader.ReadInt16();
            // A newer version has what this one has, and more behind it.
            reader.Version = Math.Min(version, highest);
            return T.Read(ref reader);
        }
        catch (ProtocolException)
        {
            // Written by a client with a protocol of its own, which only that reads.
            return null;
        }
    }
}
