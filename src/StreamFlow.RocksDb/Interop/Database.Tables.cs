using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

internal sealed unsafe partial class Database
{
    /// <summary>
    /// Takes a file of sorted entries over as the newest data of a family, whole or not at all. What the memtable has of
    /// the same keys is written to disk first.
    /// </summary>
    /// <param name="family">Index of the family.</param>
    /// <param name="path">The file, on the same file system; it is gone afterwards.</param>
    public void Ingest(int family, string path)
    {
        var entered = false;
        var options = NativeMethods.IngestOptionsCreate();
        var nativePath = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            Enter(ref entered);
            NativeMethods.IngestOptionsSetMoveFiles(options, 1);
            byte* error = null;
            NativeMethods.Ingest(handle, _families[family], &nativePath, 1, options, &error);
            ThrowIf(error, "write");
        }
        finally
        {
            Marshal.FreeCoTaskMem(nativePath);
            NativeMethods.IngestOptionsDestroy(options);
            Leave(entered);
        }
    }
}
