using System.Runtime.InteropServices;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Interop;

/// <summary>
/// A native iterator within bounds, going one way. It holds its database open, and the database closes it at the latest
/// when it is closed itself, perhaps from another thread: so every move takes a lock and copies the entry it reaches,
/// and no span ever points into memory that RocksDB may free.
/// </summary>
internal sealed unsafe class Cursor : SafeHandle
{
    private readonly Database _database;
    private readonly RocksDbErrors _errors;
    private readonly nint _options;
    private readonly Lock _gate = new();
    private byte* _bounds;
    private bool _reverse;
    private State _state;

    /// <summary>Opens the cursor; the caller has added the reference to the database that it releases.</summary>
    public Cursor(Database database, nint nativeDatabase, nint family, in Bounds bounds, RocksDbErrors errors)
        : base(0, ownsHandle: true)
    {
        _database = database;
        _errors = errors;
        _options = NativeMethods.ReadOptionsCreate();
        SetBounds(in bounds);
        SetHandle(NativeMethods.IteratorCreate(nativeDatabase, _options, family));
    }

    private enum State
    {
        BeforeFirst,
        AtEntry,
        AfterLast,
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Moves to the next entry and copies it.</summary>
    /// <returns>False after the last one, and ever after.</returns>
    public bool Move(EntryBuffer entry)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsClosed, typeof(ByteIterator));
            if (_state != State.AfterLast)
            {
                Step();
                _state = NativeMethods.IteratorValid(handle) != 0 ? State.AtEntry : State.AfterLast;
                if (_state == State.AtEntry)
                {
                    Copy(entry);
                    return true;
                }

                ThrowIfFailed();
            }

            return false;
        }
    }

    /// <summary>Goes to before the first entry within other bounds, of the state of the database it was opened on.</summary>
    public void Seek(in Bounds bounds)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsClosed, typeof(ByteIterator));
            var before = _bounds;
            SetBounds(in bounds);
            NativeMemory.Free(before);
        }
    }

    /// <summary>Closes the cursor once no move is under way.</summary>
    public void CloseWhenIdle()
    {
        lock (_gate)
        {
            Dispose();
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.IteratorDestroy(handle);
        NativeMethods.ReadOptionsDestroy(_options);
        NativeMemory.Free(_bounds);
        _database.Forget(this);
        _database.DangerousRelease();
        return true;
    }

    // RocksDB keeps a pointer into the options, and they one to the bounds, for as long as the iterator lives; it looks at
    // them anew when it seeks, which is what the next move does.
    private void SetBounds(in Bounds bounds)
    {
        var (lower, upper) = (1 + bounds.From.Length, 1 + bounds.To.Length);
        _bounds = (byte*)NativeMemory.Alloc((nuint)(lower + upper));
        bounds.From.CopyTo(new Span<byte>(_bounds + 1, lower - 1));
        bounds.To.CopyTo(new Span<byte>(_bounds + lower + 1, upper - 1));
        _bounds[0] = bounds.Space;
        _bounds[lower] = bounds.To.IsEmpty ? (byte)(bounds.Space + 1) : bounds.Space;
        NativeMethods.ReadOptionsSetLowerBound(_options, _bounds, (nuint)lower);
        NativeMethods.ReadOptionsSetUpperBound(_options, _bounds + lower, (nuint)upper);
        _reverse = bounds.Reverse;
        _state = State.BeforeFirst;
    }

    private void Step()
    {
        switch (_state, _reverse)
        {
            case (State.BeforeFirst, false):
                NativeMethods.IteratorSeekToFirst(handle);
                break;
            case (State.BeforeFirst, true):
                NativeMethods.IteratorSeekToLast(handle);
                break;
            case (_, false):
                NativeMethods.IteratorNext(handle);
                break;
            default:
                NativeMethods.IteratorPrev(handle);
                break;
        }
    }

    private void Copy(EntryBuffer entry)
    {
        nuint keyLength;
        nuint valueLength;
        var key = NativeMethods.IteratorKey(handle, &keyLength);
        var value = NativeMethods.IteratorValue(handle, &valueLength);
        entry.Set(
            new ReadOnlySpan<byte>(key, checked((int)keyLength)),
            new ReadOnlySpan<byte>(value, checked((int)valueLength)));
    }

    // An iterator that met an error looks like one at its end.
    private void ThrowIfFailed()
    {
        byte* error = null;
        NativeMethods.IteratorGetError(handle, &error);
        Database.ThrowIf(error, "iterate", _errors);
    }

    /// <summary>From a key up to, not including, another, of those behind a first byte.</summary>
    public readonly ref struct Bounds(byte space, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse)
    {
        public byte Space { get; } = space;

        public ReadOnlySpan<byte> From { get; } = from;

        /// <summary>Empty for no bound but the first byte.</summary>
        public ReadOnlySpan<byte> To { get; } = to;

        public bool Reverse { get; } = reverse;
    }
}
