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
    private readonly byte* _bounds;
    private readonly bool _reverse;
    private readonly Lock _gate = new();
    private State _state = State.BeforeFirst;

    /// <summary>Opens the cursor; the caller has added the reference to the database that it releases.</summary>
    public Cursor(Database database, nint nativeDatabase, nint family, in Bounds bounds, RocksDbErrors errors)
        : base(0, ownsHandle: true)
    {
        _database = database;
        _errors = errors;
        _reverse = bounds.Reverse;
        _options = NativeMethods.ReadOptionsCreate();
        // RocksDB keeps pointers to the bounds for as long as the iterator lives.
        var (lower, upper) = (bounds.Lower.Length, bounds.Upper.Length);
        _bounds = (byte*)NativeMemory.Alloc((nuint)(lower + upper));
        bounds.Lower.CopyTo(new Span<byte>(_bounds, lower));
        bounds.Upper.CopyTo(new Span<byte>(_bounds + lower, upper));
        NativeMethods.ReadOptionsSetLowerBound(_options, _bounds, (nuint)lower);
        NativeMethods.ReadOptionsSetUpperBound(_options, _bounds + lower, (nuint)upper);
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

    /// <summary>From a lowest key up to, not including, an upper one.</summary>
    public readonly ref struct Bounds(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool reverse)
    {
        public ReadOnlySpan<byte> Lower { get; } = lower;

        public ReadOnlySpan<byte> Upper { get; } = upper;

        public bool Reverse { get; } = reverse;
    }
}
