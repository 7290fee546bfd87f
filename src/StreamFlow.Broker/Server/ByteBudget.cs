namespace StreamFlow.Broker.Server;

/// <summary>
/// The bytes that all requests and answers of a broker may hold at once, so that clients cannot have it hold more than there is.
/// What is not there is waited for, in the order of coming: the connection is not read from meanwhile, and TCP holds its client up.
/// Each connection has <see cref="OwnShare"/> of its own besides, so small requests wait for nobody.
/// </summary>
/// <remarks>
/// Nothing waits for ever. Whoever asks for more than the limit gets it once nobody holds anything. Who holds bytes gives them back
/// when the disk, or a wait of its own that has an end, is done; or depends on its client to send or take them, and is closed when
/// that does not (<see cref="WasNeeded"/>).
/// </remarks>
internal sealed class ByteBudget
{
    /// <summary>What a connection has for itself: a request or an answer of this size is not counted.</summary>
    public const int OwnShare = 16 * 1024;

    private readonly OrderedLock _gate = new(LockRank.Innermost);
    private readonly Line _bulk;
    private readonly Line _answers;
    private readonly TimeProvider _time;
    private long _used;
    private long _neededAt = long.MinValue;

    /// <param name="limit">How many bytes there are.</param>
    /// <param name="time">The clock that tells when they were short.</param>
    public ByteBudget(long limit, TimeProvider time)
    {
        Limit = limit;
        _time = time;

        // A quarter is left for answers whose size is known only when they are there.
        _bulk = new Line(limit - (limit / 4));
        _answers = new Line(limit);
    }

    /// <summary>How many bytes there are.</summary>
    public long Limit { get; }

    /// <summary>How many are held; may be more than there are by what could not be refused any more.</summary>
    public long Used
    {
        get
        {
            using (_gate.Enter())
            {
                return _used;
            }
        }
    }

    /// <summary>How many requests wait for bytes.</summary>
    public int Waiting
    {
        get
        {
            using (_gate.Enter())
            {
                return _bulk.Waiters.Count + _answers.Waiters.Count;
            }
        }
    }

    /// <summary>Takes bytes that are about to be received or read.</summary>
    /// <exception cref="OperationCanceledException">It was given up before there was room.</exception>
    public Task TakeAsync(long bytes, CancellationToken ct) => TakeAsync(_bulk, bytes, ct);

    /// <summary>Waits until there is room for an answer whose size nobody knows yet.</summary>
    /// <exception cref="OperationCanceledException">It was given up before.</exception>
    public Task WaitForRoomAsync(CancellationToken ct) => Used < Limit ? Task.CompletedTask : AwaitRoomAsync(ct);

    /// <summary>
    /// Takes as many bytes as there are, at most those wanted; the least, if need be, of what is left for answers, so that who
    /// reads gets on while requests wait.
    /// </summary>
    /// <returns>How many; 0 if there are fewer than the least.</returns>
    public long TakeUpTo(long wanted, long least)
    {
        using (_gate.Enter())
        {
            long granted = _bulk.Waiters.Count > 0 ? 0 : Math.Min(wanted, _bulk.Ceiling - _used);
            if (granted < least)
            {
                _neededAt = _time.GetTimestamp();
                granted = least <= _answers.Ceiling - _used ? least : 0;
            }

            _used += granted;
            return granted;
        }
    }

    /// <summary>Counts bytes that are there already.</summary>
    public void Add(long bytes)
    {
        using (_gate.Enter())
        {
            _used += bytes;
        }
    }

    public void Release(long bytes)
    {
        using (_gate.Enter())
        {
            _used -= bytes;
            Serve(_answers);
            Serve(_bulk);
        }
    }

    /// <summary>Whether somebody had to wait, now or not longer ago than this.</summary>
    public bool WasNeeded(TimeSpan within)
    {
        using (_gate.Enter())
        {
            return _bulk.Waiters.Count + _answers.Waiters.Count > 0
                || (_neededAt != long.MinValue && _time.GetElapsedTime(_neededAt) <= within);
        }
    }

    private Task TakeAsync(Line line, long bytes, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return Task.FromCanceled(ct);
        }

        Waiter waiter;
        using (_gate.Enter())
        {
            if (line.Waiters.Count == 0 && Fits(line, bytes))
            {
                _used += bytes;
                return Task.CompletedTask;
            }

            _neededAt = _time.GetTimestamp();
            waiter = new Waiter(bytes);
            line.Waiters.AddLast(waiter.Node);
        }

        return AwaitTurnAsync(line, waiter, ct);
    }

    private async Task AwaitRoomAsync(CancellationToken ct)
    {
        await TakeAsync(_answers, OwnShare, ct).ConfigureAwait(false);
        Release(OwnShare);
    }

    private async Task AwaitTurnAsync(Line line, Waiter waiter, CancellationToken ct)
    {
        using CancellationTokenRegistration given = ct.UnsafeRegister(_ => GiveUp(line, waiter, ct), null);
        await waiter.Turn.Task.ConfigureAwait(false);
    }

    private void GiveUp(Line line, Waiter waiter, CancellationToken ct)
    {
        using (_gate.Enter())
        {
            if (waiter.Node.List is null)
            {
                // It was served just now, and its owner gives the bytes back.
                return;
            }

            line.Waiters.Remove(waiter.Node);
            Serve(line);
        }

        waiter.Turn.TrySetCanceled(ct);
    }

    private bool Fits(Line line, long bytes) => _used == 0 || _used + bytes <= line.Ceiling;

    private void Serve(Line line)
    {
        while (line.Waiters.First is { } first && Fits(line, first.Value.Bytes))
        {
            line.Waiters.RemoveFirst();
            _used += first.Value.Bytes;
            first.Value.Turn.TrySetResult();
        }
    }

    private sealed class Line(long ceiling)
    {
        public long Ceiling { get; } = ceiling;

        public LinkedList<Waiter> Waiters { get; } = [];
    }

    private sealed class Waiter
    {
        public Waiter(long bytes)
        {
            Bytes = bytes;
            Node = new LinkedListNode<Waiter>(this);
        }

        public long Bytes { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
