using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>
/// The entry points of RocksDB's C API that are used, as RocksDB 11.12 has them. An error is a string in
/// memory that the caller frees, returned through the last argument.
/// </summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "rocksdb";

    [LibraryImport(Library, EntryPoint = "rocksdb_free")]
    internal static partial void Free(void* memory);

    // --- options -----------------------------------------------------------------------------------------------

    [LibraryImport(Library, EntryPoint = "rocksdb_options_create")]
    internal static partial OptionsHandle OptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_options_destroy")]
    internal static partial void OptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_get_options_from_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void OptionsFromString(OptionsHandle from, string changes, OptionsHandle to, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_get_level0_file_num_compaction_trigger")]
    internal static partial int OptionsGetMergeTrigger(OptionsHandle options);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_buffer_manager")]
    internal static partial void OptionsSetWriteBufferManager(OptionsHandle options, WriteBufferHandle manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_block_based_table_factory")]
    internal static partial void OptionsSetBlockBasedTableFactory(OptionsHandle options, nint tableOptions);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_create")]
    internal static partial nint TableOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_destroy")]
    internal static partial void TableOptionsDestroy(nint tableOptions);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_block_cache")]
    internal static partial void TableOptionsSetBlockCache(nint tableOptions, CacheHandle cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_create_lru")]
    internal static partial CacheHandle CacheCreateLru(nuint capacity);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_destroy")]
    internal static partial void CacheDestroy(nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_write_buffer_manager_create_with_policy")]
    internal static partial WriteBufferHandle WriteBufferCreate(nuint bytes, byte allowStall, int flushPolicy);

    [LibraryImport(Library, EntryPoint = "rocksdb_write_buffer_manager_destroy")]
    internal static partial void WriteBufferDestroy(nint manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_write_buffer_manager_memory_usage")]
    internal static partial nuint WriteBufferMemoryUsage(WriteBufferHandle manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_create")]
    internal static partial nint ReadOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_destroy")]
    internal static partial void ReadOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_iterate_lower_bound")]
    internal static partial void ReadOptionsSetLowerBound(nint options, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_iterate_upper_bound")]
    internal static partial void ReadOptionsSetUpperBound(nint options, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_create")]
    internal static partial nint WriteOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_destroy")]
    internal static partial void WriteOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_disable_WAL")]
    internal static partial void WriteOptionsDisableWal(nint options, int disable);

    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_create")]
    internal static partial nint FlushOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_destroy")]
    internal static partial void FlushOptionsDestroy(nint options);

    // --- database ----------------------------------------------------------------------------------------------

    [LibraryImport(Library, EntryPoint = "rocksdb_list_column_families", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte** ListColumnFamilies(OptionsHandle options, string path, nuint* count, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_list_column_families_destroy")]
    internal static partial void ListColumnFamiliesDestroy(byte** names, nuint count);

    [LibraryImport(Library, EntryPoint = "rocksdb_open_column_families", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint OpenColumnFamilies(
        OptionsHandle options, string path, int count, nint* names, nint* familyOptions, nint* families, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_close")]
    internal static partial void Close(nint database);

    [LibraryImport(Library, EntryPoint = "rocksdb_column_family_handle_get_id")]
    internal static partial uint ColumnFamilyGetId(nint family);

    [LibraryImport(Library, EntryPoint = "rocksdb_column_family_handle_destroy")]
    internal static partial void ColumnFamilyDestroy(nint family);

    [LibraryImport(Library, EntryPoint = "rocksdb_property_int_cf")]
    internal static partial int PropertyInt(nint database, nint family, byte* name, ulong* value);

    [LibraryImport(Library, EntryPoint = "rocksdb_flush_cfs")]
    internal static partial void Flush(nint database, nint options, nint* families, int count, byte** error);

    // --- reads and writes --------------------------------------------------------------------------------------

    [LibraryImport(Library, EntryPoint = "rocksdb_get_pinned_cf")]
    internal static partial nint GetPinned(
        nint database, nint options, nint family, byte* key, nuint keyLength, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_value")]
    internal static partial byte* PinnedValue(nint slice, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_destroy")]
    internal static partial void PinnedDestroy(nint slice);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_create_from")]
    internal static partial nint WriteBatchCreateFrom(byte* encoded, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_destroy")]
    internal static partial void WriteBatchDestroy(nint batch);

    [LibraryImport(Library, EntryPoint = "rocksdb_write")]
    internal static partial void Write(nint database, nint options, nint batch, byte** error);

    // --- iterators ---------------------------------------------------------------------------------------------

    [LibraryImport(Library, EntryPoint = "rocksdb_create_iterator_cf")]
    internal static partial nint IteratorCreate(nint database, nint options, nint family);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_destroy")]
    internal static partial void IteratorDestroy(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_valid")]
    internal static partial byte IteratorValid(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek_to_first")]
    internal static partial void IteratorSeekToFirst(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek_to_last")]
    internal static partial void IteratorSeekToLast(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_next")]
    internal static partial void IteratorNext(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_prev")]
    internal static partial void IteratorPrev(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_key")]
    internal static partial byte* IteratorKey(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_value")]
    internal static partial byte* IteratorValue(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_get_error")]
    internal static partial void IteratorGetError(nint iterator, byte** error);
}
