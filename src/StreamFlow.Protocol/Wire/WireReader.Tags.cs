namespace StreamFlow.Protocol;

/// <content>The tag section that ends every struct of a flexible version.</content>
internal ref partial struct WireReader
{
    /// <summary>Skips the tag section that ends every struct of a flexible version, where none is known.</summary>
    public void SkipTags()
    {
        if (!Flexible)
        {
            return;
        }

        uint count = ReadUnsignedVarint();
        for (uint i = 0; i < count; i++)
        {
            ReadUnsignedVarint();
            uint size = ReadUnsignedVarint();
            if (size > (uint)Remaining)
            {
                throw new ProtocolException($"A tagged field of {size} bytes exceeds the {Remaining} bytes left.");
            }

            _position += (int)size;
        }
    }

    /// <summary>How many tagged fields follow; none in a version that is not flexible.</summary>
    public uint ReadTagCount() => Flexible ? ReadUnsignedVarint() : 0;

    /// <summary>The number of the next tagged field, and where it ends.</summary>
    public uint ReadTag(out int end)
    {
        uint tag = ReadUnsignedVarint();
        uint size = ReadUnsignedVarint();
        if (size > (uint)Remaining)
        {
            throw new ProtocolException($"A tagged field of {size} bytes exceeds the {Remaining} bytes left.");
        }

        end = _position + (int)size;
        return tag;
    }

    /// <summary>Checks that a known field was as long as it was announced.</summary>
    public readonly void EndTag(int end)
    {
        if (_position != end)
        {
            throw new ProtocolException($"A tagged field ends {Math.Abs(end - _position)} bytes {(end > _position ? "behind" : "before")} its value.");
        }
    }

    /// <summary>Goes behind a field that is not known.</summary>
    public void SkipTag(int end) => _position = end;
}
