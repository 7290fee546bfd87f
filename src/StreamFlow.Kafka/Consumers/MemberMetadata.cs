using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>A member's identity as librdkafka keeps it.</summary>
internal sealed class MemberMetadata : ConsumerGroupMetadata
{
    internal MemberMetadata(GroupMetadataHandle handle) => Handle = handle;

    internal GroupMetadataHandle Handle { get; }

    public override void Dispose() => Handle.Dispose();
}
