namespace StreamFlow.Protocol;

/// <content>Messages that go into records and files, one after the other into the same memory.</content>
internal sealed partial class WireWriter
{
    /// <summary>What was written, without the size in front; of a message to which no batches are attached. Valid until the next write.</summary>
    /// <exception cref="InvalidOperationException">Batches are attached: the bytes do not lie in one piece.</exception>
    public ReadOnlySpan<byte> Written => _closed.Count == 0
        ? _chunk.AsSpan(SizePrefix, _position - SizePrefix)
        : throw new InvalidOperationException("The message has record batches attached, and its bytes lie in several pieces; Complete() returns them.");

    /// <summary>Begins anew with the same memory. For what is written again and again without batches, such as records of logs.</summary>
    /// <exception cref="InvalidOperationException">Batches are attached, which somebody may still be sending.</exception>
    public void Reset()
    {
        if (_closed.Count > 0)
        {
            throw new InvalidOperationException("The message has record batches attached; dispose of it and begin another one.");
        }

        _position = SizePrefix;
        Errors = null;
    }
}
