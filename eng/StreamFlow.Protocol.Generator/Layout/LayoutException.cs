using System;

namespace StreamFlow.Protocol.Generator;

/// <summary>A line of the layout file that cannot be.</summary>
internal sealed class LayoutException : Exception
{
    public LayoutException(int line, string message)
        : base(message) => Line = line;

    /// <summary>The line, from 0.</summary>
    public int Line { get; }
}
