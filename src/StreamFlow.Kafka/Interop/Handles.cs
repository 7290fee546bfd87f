using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>
/// A native object with one owner, which disposes of it. A forgotten one is leaked on purpose: destroying a client
/// waits for its threads and for every message still held, which must not happen on the finalizer thread.
/// </summary>
internal abstract class NativeHandle : SafeHandle
{
    private bool _disposing;

    protected NativeHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public sealed override bool IsInvalid => handle == 0;

    /// <summary>The native pointer, for calls by the owner.</summary>
    /// <exception cref="ObjectDisposedException">It is destroyed.</exception>
    internal nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    protected sealed override bool ReleaseHandle()
    {
        if (_disposing)
        {
            Destroy(handle);
        }

        return true;
    }

    protected sealed override void Dispose(bool disposing)
    {
        _disposing = disposing;
        base.Dispose(disposing);
    }

    private protected abstract void Destroy(nint pointer);
}

/// <summary>rd_kafka_queue_t: a reference to a queue.</summary>
internal sealed class QueueHandle : NativeHandle
{
    internal QueueHandle(nint handle)
        : base(handle)
    {
    }

    private protected override void Destroy(nint pointer) => NativeMethods.rd_kafka_queue_destroy(pointer);
}

/// <summary>rd_kafka_topic_t: keeps a topic's metadata known to the client.</summary>
internal sealed class TopicHandle : NativeHandle
{
    internal TopicHandle(nint handle)
        : base(handle)
    {
    }

    private protected override void Destroy(nint pointer) => NativeMethods.rd_kafka_topic_destroy(pointer);
}

/// <summary>rd_kafka_consumer_group_metadata_t.</summary>
internal sealed class GroupMetadataHandle : NativeHandle
{
    internal GroupMetadataHandle(nint handle)
        : base(handle)
    {
    }

    private protected override void Destroy(nint pointer) =>
        NativeMethods.rd_kafka_consumer_group_metadata_destroy(pointer);
}
