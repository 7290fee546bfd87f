namespace StreamFlow.Protocol;

/// <content>What a message holds until it was sent.</content>
internal sealed partial class WireWriter
{
    /// <summary>How many bytes of memory the message holds, which is somewhat more than it is long.</summary>
    public long HeldBytes
    {
        get
        {
            long bytes = _chunk.Length;
            foreach (byte[] buffer in _attached)
            {
                bytes += buffer.Length;
            }

            return bytes;
        }
    }

    /// <summary>What ends with the message; null for nothing.</summary>
    public IDisposable? Held { get; set; }
}
