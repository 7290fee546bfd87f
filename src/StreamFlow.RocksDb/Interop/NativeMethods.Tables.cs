using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>Entry points for files of sorted entries that a database takes over as a whole.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library, EntryPoint = "rocksdb_envoptions_create")]
    internal static partial nint EnvOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_envoptions_destroy")]
    internal static partial void EnvOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_create")]
    internal static partial nint TableWriterCreate(nint environment, OptionsHandle options);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_destroy")]
    internal static partial void TableWriterDestroy(nint writer);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void TableWriterOpen(nint writer, string path, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_put")]
    internal static partial void TableWriterPut(
        nint writer, byte* key, nuint keyLength, byte* value, nuint valueLength, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_delete")]
    internal static partial void TableWriterDelete(nint writer, byte* key, nuint keyLength, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_delete_range")]
    internal static partial void TableWriterDeleteRange(
        nint writer, byte* from, nuint fromLength, byte* to, nuint toLength, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_sstfilewriter_finish")]
    internal static partial void TableWriterFinish(nint writer, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_ingestexternalfileoptions_create")]
    internal static partial nint IngestOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_ingestexternalfileoptions_destroy")]
    internal static partial void IngestOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_ingestexternalfileoptions_set_move_files")]
    internal static partial void IngestOptionsSetMoveFiles(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_ingest_external_file_cf")]
    internal static partial void Ingest(
        nint database, nint family, nint* paths, nuint count, nint options, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_set_options_cf")]
    internal static partial void SetOptions(
        nint database, nint family, int count, byte** names, byte** values, byte** error);
}
