using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

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

    /// <summary>Sets how many files the first level of a family may have before they are merged into the next one.</summary>
    /// <param name="family">Index of the family.</param>
    /// <param name="files">The number, at least 1.</param>
    public void SetMergeTrigger(int family, int files)
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            byte* error = null;
            fixed (byte* name = "level0_file_num_compaction_trigger\0"u8)
            fixed (byte* value = Encoding.ASCII.GetBytes(files.ToString(CultureInfo.InvariantCulture) + '\0'))
            {
                byte* names = name;
                byte* values = value;
                NativeMethods.SetOptions(handle, _families[family], 1, &names, &values, &error);
            }

            ThrowIf(error, "write");
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>Whether files of a family are being merged or are about to be.</summary>
    public bool IsMerging(int family) =>
        Property(family, "rocksdb.compaction-pending"u8) + Property(family, "rocksdb.num-running-compactions"u8) > 0;
}
