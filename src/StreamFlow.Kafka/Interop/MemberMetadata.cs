using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>A member's identity as librdkafka keeps it.</summary>
internal sealed class MemberMetadata : ConsumerGroupMetadata
{
    internal MemberMetadata(GroupMetadataHandle handle) => Handle = handle;

    internal GroupMetadataHandle Handle { get; }

    public override void Dispose() => Handle.Dispose();
}
