using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>
/// A file of entries in the form in which a database keeps them on disk, written beside the database and then taken over
/// by it (<see cref="Database.Ingest"/>). Keys are added in ascending order; a range removal at any time, and it concerns
/// older data only.
/// </summary>
internal sealed unsafe class TableFile : SafeHandle
{
    private readonly nint _environment = NativeMethods.EnvOptionsCreate();
    private readonly RocksDbErrors _errors;

    private TableFile(RocksDbErrors errors)
        : base(0, ownsHandle: true) => _errors = errors;

    public override bool IsInvalid => handle == 0;

    /// <summary>Begins a file; what was at the path is overwritten.</summary>
    public static TableFile Create(string path, OptionsHandle options, RocksDbErrors errors)
    {
        var file = new TableFile(errors);
        file.SetHandle(NativeMethods.TableWriterCreate(file._environment, options));
        byte* error = null;
        NativeMethods.TableWriterOpen(file.handle, path, &error);
        if (error != null)
        {
            file.Dispose();
            file.Check(error);
        }

        return file;
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        byte* error = null;
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            NativeMethods.TableWriterPut(
                handle, keyBytes, (nuint)key.Length, valueBytes, (nuint)value.Length, &error);
        }

        Check(error);
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        byte* error = null;
        fixed (byte* keyBytes = key)
        {
            NativeMethods.TableWriterDelete(handle, keyBytes, (nuint)key.Length, &error);
        }

        Check(error);
    }

    public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        byte* error = null;
        fixed (byte* fromBytes = from, toBytes = to)
        {
            NativeMethods.TableWriterDeleteRange(
                handle, fromBytes, (nuint)from.Length, toBytes, (nuint)to.Length, &error);
        }

        Check(error);
    }

    /// <summary>Ends the file, which is on the disk then.</summary>
    public void Finish()
    {
        byte* error = null;
        NativeMethods.TableWriterFinish(handle, &error);
        Check(error);
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.TableWriterDestroy(handle);
        NativeMethods.EnvOptionsDestroy(_environment);
        return true;
    }

    private void Check(byte* error) => Database.ThrowIf(error, "write", _errors);
}
