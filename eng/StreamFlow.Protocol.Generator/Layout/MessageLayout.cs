using System.Collections.Generic;

namespace StreamFlow.Protocol.Generator;

/// <summary>What a message is for.</summary>
internal enum MessageRole
{
    Request,
    Response,

    /// <summary>A header, or bytes that stand in other messages or in records.</summary>
    Data,
}

/// <summary>One message: its fields in all of its versions.</summary>
internal sealed class MessageLayout
{
    public const int Never = short.MaxValue;

    public MessageLayout(string name, MessageRole role, BlockHead head)
    {
        Name = name;
        Role = role;
        Head = head;
        Root = new StructLayout(head.Versions) { TypeName = name };
    }

    public string Name { get; }

    public MessageRole Role { get; }

    public BlockHead Head { get; }

    public StructLayout Root { get; }

    /// <summary>All structs but the message itself, those that stand outside first.</summary>
    public List<StructLayout> Structs { get; } = new();

    /// <summary>The structs that several fields share, by name.</summary>
    public Dictionary<string, StructLayout> Shared { get; } = new();
}

/// <summary>The first line of a block: an API with its request and response, or data.</summary>
internal sealed class BlockHead
{
    public bool IsApi { get; set; }

    public string Name { get; set; } = "";

    /// <summary>The API's number, or the number of the record type; null for data without one.</summary>
    public int? Number { get; set; }

    public VersionRange Versions { get; set; } = new(0, -1);

    /// <summary>The first version with compact lengths and tag sections.</summary>
    public int FlexibleFrom { get; set; } = MessageLayout.Never;

    /// <summary>The first version that is not advertised, because it may still change.</summary>
    public int UnstableFrom { get; set; } = MessageLayout.Never;
}
