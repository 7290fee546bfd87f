using System.Collections.Generic;

namespace StreamFlow.Protocol.Generator;

/// <summary>The types of the wire.</summary>
internal enum FieldKind
{
    Bool,
    Int8,
    Int16,
    UInt16,
    Int32,
    Int64,
    Float64,
    Uuid,

    /// <summary>An int16 that is one of Kafka's error codes.</summary>
    Error,
    String,

    /// <summary>A string whose length has 16 bits in every version, flexible or not.</summary>
    ShortString,
    Bytes,
    Records,
    Struct,
}

/// <summary>One field of a message, or of a struct in it.</summary>
internal sealed class FieldLayout
{
    public FieldLayout(string name, int line)
    {
        Name = name;
        Line = line;
    }

    public string Name { get; }

    /// <summary>Its line in the file, from 0.</summary>
    public int Line { get; }

    public FieldKind Kind { get; set; }

    public bool IsArray { get; set; }

    /// <summary>The versions that have the field.</summary>
    public VersionRange Versions { get; set; }

    /// <summary>The versions in which it may be null; null when it never may.</summary>
    public VersionRange? Nullable { get; set; }

    /// <summary>Its default as written in the file; null where it is that of its type.</summary>
    public string? Default { get; set; }

    /// <summary>The number of a tagged field.</summary>
    public int? Tag { get; set; }

    /// <summary>Whether a version without the field may be sent although the field says something.</summary>
    public bool IsIgnorable { get; set; }

    /// <summary>The shared struct that it refers to; null where its fields stand below it.</summary>
    public string? SharedStruct { get; set; }

    /// <summary>The struct of this field; null for all other kinds.</summary>
    public StructLayout? Struct { get; set; }

    public bool IsNullByDefault => Default == "null";
}

/// <summary>The fields of a struct.</summary>
internal sealed class StructLayout
{
    public StructLayout(VersionRange versions) => Versions = versions;

    /// <summary>The versions that can have the struct.</summary>
    public VersionRange Versions { get; }

    /// <summary>The name of its type in C#.</summary>
    public string TypeName { get; set; } = "";

    /// <summary>Whether it stands somewhere by itself, not in an array: it is compared with its default there.</summary>
    public bool StandsAlone { get; set; }

    public List<FieldLayout> Fields { get; } = new();
}
