using System.Buffers;

namespace StreamFlow.State;

/// <summary>
/// The committed bytes of a store as a view reads them, until the task gives the store up: who still reads then gets an
/// error, not nothing.
/// </summary>
internal sealed class ViewedBytes(StoreIdentity store) : IByteStore
{
    private volatile bool _isClosed;

    public string Name => store.Name;

    public long ApproximateCount
    {
        get
        {
            try
            {
                return Checked(store.Bytes.ApproximateCount);
            }
            catch (ObjectDisposedException exception)
            {
                throw Gone(exception);
            }
        }
    }

    public bool IsClosed => _isClosed;

    public void Close() => _isClosed = true;

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        try
        {
            return Checked(store.Bytes.TryGet(key, value));
        }
        catch (ObjectDisposedException exception)
        {
            throw Gone(exception);
        }
    }

    public ByteIterator Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
    {
        try
        {
            // Looked at before: an iterator that nobody gets would stay open. The first move looks again.
            Checked(true);
            return new Iterator(this, store.Bytes.Range(from, to, reverse));
        }
        catch (ObjectDisposedException exception)
        {
            throw Gone(exception);
        }
    }

    /// <summary>What was read; closed meanwhile, a store in memory is empty, which must not pass for an answer.</summary>
    private T Checked<T>(T read) => _isClosed ? throw Gone(null) : read;

    private StateStoreException Gone(Exception? inner) => new(
        $"Store '{Name}' of task {store.TaskId} is no longer here: the task was closed or has moved to another instance. "
        + "Look the store up again.",
        inner);

    private sealed class Iterator(ViewedBytes owner, ByteIterator inner) : ByteIterator
    {
        public override ReadOnlySpan<byte> Key => inner.Key;

        public override ReadOnlySpan<byte> Value => inner.Value;

        public override bool MoveNext()
        {
            try
            {
                return owner.Checked(inner.MoveNext());
            }
            catch (ObjectDisposedException exception)
            {
                throw owner.Gone(exception);
            }
        }

        public override void Seek(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
        {
            try
            {
                inner.Seek(from, to, reverse);
                owner.Checked(true);
            }
            catch (ObjectDisposedException exception)
            {
                throw owner.Gone(exception);
            }
        }

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
