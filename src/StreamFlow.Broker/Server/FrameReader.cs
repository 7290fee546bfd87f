using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace StreamFlow.Broker.Server;

/// <summary>
/// Cuts the byte stream of one connection into request frames. Small frames are parsed where they were received; a large
/// one gets a contiguous buffer that grows with the bytes that really arrive, never with the announced size alone.
/// </summary>
internal sealed class FrameReader : IDisposable
{
    private const int SizePrefix = 4;
    private const int ApiKeySize = 2;
    private const int SmallestRequest = 8;
    private const int SmallBuffer = ByteBudget.OwnShare;
    private const int DecodedFactor = 2;
    private const int FirstLargeBuffer = 1024 * 1024;

    /// <summary>Only produce requests are ever larger; a tighter bound limits what decoded arrays can take.</summary>
    private const int NonProduceLimit = 16 * 1024 * 1024;

    /// <summary>A member may say a MiB of itself; its JoinGroup waits for others, and is kept.</summary>
    private const int JoinLimit = 4 * 1024 * 1024;

    private readonly Transport _transport;
    private byte[] _small = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private byte[]? _large;
    private readonly ByteBudget _budget;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private long _reserved;
    private long _receivingSince;
    private long _movedAt;
    private int _start;
    private int _end;
    private Task<int>? _poll;

    /// <param name="transport">Where the bytes come from.</param>
    /// <param name="maxRequestBytes">The largest request that is taken.</param>
    /// <param name="budget">Where the bytes of large requests are taken from, before they are received.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Gives up to wait for bytes.</param>
    public FrameReader(
        Transport transport, int maxRequestBytes, ByteBudget budget, TimeProvider time, CancellationToken stopping)
    {
        _transport = transport;
        _budget = budget;
        _time = time;
        _stopping = stopping;
        MaxRequestBytes = maxRequestBytes;
    }

    /// <summary>The largest request that is taken; may change between two of them.</summary>
    public int MaxRequestBytes { get; set; }

    /// <summary>The request that is being received with bytes of the budget.</summary>
    public Transfer Receiving => Volatile.Read(ref _receivingSince) is not 0 and var since
        ? new Transfer(_reserved, _time.GetElapsedTime(since), _time.GetElapsedTime(Volatile.Read(ref _movedAt)))
        : default;

    private int Buffered => _end - _start;

    /// <summary>
    /// Reads the next frame without its size. The memory stays valid until the next call. Null at the end of the stream.
    /// </summary>
    public async ValueTask<Memory<byte>?> ReadAsync()
    {
        ReleaseFrame();
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (!await FillAsync(SizePrefix + ApiKeySize).ConfigureAwait(false))
        {
            return null;
        }

        int size = ReadSize();
        if (SizePrefix + size > _small.Length)
        {
            return await ReadLargeAsync(size).ConfigureAwait(false);
        }

        if (!await FillAsync(SizePrefix + size).ConfigureAwait(false))
        {
            return null;
        }

        Memory<byte> frame = _small.AsMemory(_start + SizePrefix, size);
        _start += SizePrefix + size;
        return frame;
    }

    /// <summary>Which API the next request is for; null while its head has not been received.</summary>
    public ApiKey? NextKey => Buffered < SizePrefix + ApiKeySize
        ? null
        : (ApiKey)BinaryPrimitives.ReadInt16BigEndian(_small.AsSpan(_start + SizePrefix));

    /// <summary>
    /// Completes when something can be received, or never will be. Watches with a receive of no bytes, so that nothing is
    /// taken from the stream and whoever watches may stop doing so.
    /// </summary>
    public Task WaitForBytesAsync()
    {
        if (_poll is null)
        {
            _poll = _transport.ReceiveAsync(Memory<byte>.Empty).AsTask();
            Tasks.Observe(_poll);
        }

        return _poll;
    }

    /// <summary>
    /// Receives what is there after <see cref="WaitForBytesAsync"/>, without waiting for more. False at the end of the
    /// stream.
    /// </summary>
    public async ValueTask<bool> TakeArrivedAsync()
    {
        try
        {
            await EndPollAsync().ConfigureAwait(false);
            if (!_transport.HasTls && _transport.Socket.Available == 0)
            {
                // Readable and yet empty is the end; not readable means that it was a false alarm.
                return !_transport.Socket.Poll(0, SelectMode.SelectRead) || _transport.Socket.Available > 0;
            }

            // Of TLS, watching has left something to take, or the end.
            MakeRoom(SizePrefix + ApiKeySize);
            int received = await _transport.ReceiveAsync(_small.AsMemory(_end)).ConfigureAwait(false);
            _end += received;
            return received > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            return false;
        }
    }

    /// <summary>Gives back what the last frame holds, which is not looked at any more.</summary>
    public void ReleaseFrame()
    {
        ReleaseLarge();
        if (_reserved > 0)
        {
            _budget.Release(_reserved);
            _reserved = 0;
        }
    }

    public void Dispose()
    {
        ReleaseFrame();
        if (_small.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_small);
            _small = [];
        }
    }

    private int ReadSize()
    {
        ReadOnlySpan<byte> head = _small.AsSpan(_start);
        int size = BinaryPrimitives.ReadInt32BigEndian(head);
        short apiKey = BinaryPrimitives.ReadInt16BigEndian(head[SizePrefix..]);
        int limit = LimitOf((ApiKey)apiKey);
        bool isTooLarge = size > limit;
        if (isTooLarge && ForeignProtocol.Guess(head) is { } protocol)
        {
            throw new ProtocolException(ForeignProtocol.Describe(protocol)) { Kind = protocol };
        }

        if (size < SmallestRequest || size > MaxRequestBytes)
        {
            throw new ProtocolException($"A request of {size} bytes is outside {SmallestRequest}..{MaxRequestBytes}.");
        }

        if (isTooLarge)
        {
            throw new ProtocolException(
                $"A request of {size} bytes with API key {apiKey} exceeds {limit}; only Produce may be larger.");
        }

        return size;
    }

    private int LimitOf(ApiKey api) => api switch
    {
        ApiKey.Produce => MaxRequestBytes,
        ApiKey.JoinGroup => Math.Min(MaxRequestBytes, JoinLimit),
        _ => Math.Min(MaxRequestBytes, NonProduceLimit),
    };

    private async ValueTask<bool> FillAsync(int needed)
    {
        while (Buffered < needed)
        {
            MakeRoom(needed);
            int received = await ReceiveAsync(_small.AsMemory(_end)).ConfigureAwait(false);
            if (received == 0)
            {
                return false;
            }

            _end += received;
        }

        return true;
    }

    /// <summary>Moves what is buffered to the front if that many bytes would not fit behind the start.</summary>
    private void MakeRoom(int needed)
    {
        if (_small.Length - _start < needed)
        {
            _small.AsSpan(_start, Buffered).CopyTo(_small);
            _end = Buffered;
            _start = 0;
        }
    }

    private async ValueTask<Memory<byte>?> ReadLargeAsync(int size)
    {
        long cost = CostOf(size);
        await _budget.TakeAsync(cost, _stopping).ConfigureAwait(false);
        _reserved = cost;
        long now = _time.GetTimestamp();
        Volatile.Write(ref _movedAt, now);
        Volatile.Write(ref _receivingSince, now);
        _start += SizePrefix;
        int filled = Buffered;
        _large = ArrayPool<byte>.Shared.Rent(Math.Min(size, FirstLargeBuffer));
        _small.AsSpan(_start, filled).CopyTo(_large);
        _start = _end = 0;
        while (filled < size)
        {
            if (filled == _large.Length)
            {
                GrowLarge(filled, size);
            }

            int room = Math.Min(size, _large.Length) - filled;
            int received = await ReceiveAsync(_large.AsMemory(filled, room)).ConfigureAwait(false);
            if (received == 0)
            {
                return null;
            }

            filled += received;
            Volatile.Write(ref _movedAt, _time.GetTimestamp());
        }

        Volatile.Write(ref _receivingSince, 0);
        return _large.AsMemory(0, size);
    }

    /// <summary>
    /// What a request holds beside others. Batches stay in the frame; everything else is decoded, into about twice as much again.
    /// </summary>
    private long CostOf(int size) =>
        NextKey == ApiKey.Produce ? size : size * (1L + DecodedFactor);

    private void GrowLarge(int filled, int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(size, filled * 2L));
        _large.AsSpan(0, filled).CopyTo(larger);
        ReleaseLarge();
        _large = larger;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        await EndPollAsync().ConfigureAwait(false);
        return await _transport.ReceiveAsync(destination).ConfigureAwait(false);
    }

    private async ValueTask EndPollAsync()
    {
        if (_poll is not null)
        {
            await _poll.ConfigureAwait(false);
            _poll = null;
        }
    }

    private void ReleaseLarge()
    {
        if (_large is not null)
        {
            ArrayPool<byte>.Shared.Return(_large);
            _large = null;
        }
    }
}
