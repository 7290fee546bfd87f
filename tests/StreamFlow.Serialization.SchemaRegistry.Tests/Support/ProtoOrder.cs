using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace StreamFlow.Serialization.SchemaRegistry.Tests.Support;

/// <summary>
/// A message in the second place of a file that imports another, as older generated code has it: without spans and
/// buffers.
/// </summary>
public sealed class ProtoOrder : IMessage<ProtoOrder>
{
    private static readonly IReadOnlyList<FileDescriptor> Files = FileDescriptor.BuildFromByteStrings(
    [
        new FileDescriptorProto
        {
            Name = "shop/customer.proto", Package = "shop", Syntax = "proto3",
            MessageType = { new DescriptorProto { Name = "Customer" } },
        }.ToByteString(),
        new FileDescriptorProto
        {
            Name = "shop/order.proto", Package = "shop", Syntax = "proto3", Dependency = { "shop/customer.proto" },
            MessageType = { new DescriptorProto { Name = "Payment" }, new DescriptorProto { Name = "Order" } },
        }.ToByteString(),
    ]);

    public string Id { get; set; } = "";

    public MessageDescriptor Descriptor => Files[1].MessageTypes[1];

    public void MergeFrom(ProtoOrder message) => Id = message.Id;

    public void MergeFrom(CodedInputStream input)
    {
        while (input.ReadTag() != 0)
        {
            Id = input.ReadString();
        }
    }

    public void WriteTo(CodedOutputStream output)
    {
        output.WriteTag(1, WireFormat.WireType.LengthDelimited);
        output.WriteString(Id);
    }

    public int CalculateSize() => 1 + CodedOutputStream.ComputeStringSize(Id);

    public bool Equals(ProtoOrder? other) => other?.Id == Id;

    public override bool Equals(object? obj) => Equals(obj as ProtoOrder);

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public ProtoOrder Clone() => new() { Id = Id };
}
