namespace StreamFlow.Broker.Storage;

/// <summary>
/// The indexes of closed segments that are held in memory: those that were looked at of late, up to a number of bytes, whatever
/// there is of log. Others lie beside their segments and are read when somebody wants them. A look-up that finds its index takes
/// no lock.
/// </summary>
/// <param name="maxBytes">What they may take together; one is held in any case.</param>
internal sealed class IndexCache(long maxBytes)
{
    /// <summary>A segment of 64 MiB has 256 KiB of index, so this is the index of 4 GiB.</summary>
    public const long DefaultBytes = 16L * 1024 * 1024;

    private readonly OrderedLock _gate = new(LockRank.Indexes);
    private readonly LinkedList<Segment> _held = [];
    private long _bytes;
    private long _loads;

    /// <summary>What they take now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How often one was read from the disk.</summary>
    public long Loads => Interlocked.Read(ref _loads);

    /// <summary>Reads a segment's index and holds it; from the segment itself where the file does not fit it any more.</summary>
    /// <exception cref="IOException">The segment cannot be read.</exception>
    public SparseIndex Load(Segment segment)
    {
        Interlocked.Increment(ref _loads);
        var index = IndexFile.Read(segment) ?? SparseIndex.Of(segment);
        using (_gate.Enter())
        {
            if (segment.Hold(index) is { } already)
            {
                return already;
            }

            segment.Held = _held.AddLast(segment);
            _bytes += index.Bytes;
            Evict();
        }

        return index;
    }

    /// <summary>The segment is gone.</summary>
    public void Forget(Segment segment)
    {
        using (_gate.Enter())
        {
            if (segment.Held is not null)
            {
                Remove(segment);
            }
        }
    }

    /// <summary>The oldest go, but for those that were used since they were last looked at here.</summary>
    private void Evict()
    {
        while (_bytes > maxBytes && _held.Count > 1)
        {
            var oldest = _held.First!;
            if (oldest.Value.TakeUsed())
            {
                _held.RemoveFirst();
                _held.AddLast(oldest);
            }
            else
            {
                Remove(oldest.Value);
            }
        }
    }

    private void Remove(Segment segment)
    {
        _bytes -= segment.LetGo();
        _held.Remove(segment.Held!);
        segment.Held = null;
    }
}
