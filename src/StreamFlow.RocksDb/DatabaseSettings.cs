using System.Collections.Frozen;

namespace StreamFlow.RocksDb;

/// <summary>
/// Which of RocksDB's settings concern a database as a whole: its C API takes them together with those of a column family,
/// where they would have no effect.
/// </summary>
internal static class DatabaseSettings
{
    private const string Text = """
        advise_random_on_open allow_2pc allow_concurrent_memtable_write allow_data_in_errors allow_fallocate
        allow_ingest_behind allow_mmap_reads allow_mmap_writes async_wal_precreate atomic_flush
        avoid_flush_during_recovery avoid_flush_during_shutdown avoid_unnecessary_blocking_io
        background_close_inactive_wals best_efforts_recovery bgerror_resume_retry_interval bytes_per_sync
        compaction_readahead_size compaction_verify_record_count create_if_missing create_missing_column_families
        db_host_id db_log_dir db_write_buffer_size delayed_write_rate delete_obsolete_files_period_micros
        dump_malloc_stats enable_pipelined_write enable_thread_tracking enable_write_thread_adaptive_yield
        enforce_single_del_contracts enforce_write_buffer_manager_during_recovery env error_if_exists fast_sst_open
        file_checksum_gen_factory flush_verify_memtable_count follower_catchup_retry_count
        follower_catchup_retry_wait_ms follower_refresh_catchup_period_ms info_log_level is_fd_close_on_exec
        keep_log_file_num log_file_time_to_roll log_readahead_size lowest_used_cache_tier manifest_preallocation_size
        manual_wal_flush max_background_compactions max_background_flushes max_background_jobs
        max_bgerror_resume_count max_compaction_trigger_wakeup_seconds max_file_opening_threads max_log_file_size
        max_manifest_file_size max_manifest_space_amp_pct max_open_files max_subcompactions max_total_wal_size
        max_write_batch_group_size_bytes metadata_write_temperature open_files_async optimize_manifest_for_recovery
        paranoid_checks periodic_compaction_phase_recovery_percent persist_stats_to_disk prefix_seek_opt_in_only
        rate_limiter_bytes_per_sec read_io_executor_threads recycle_log_file_num remote_compaction_manifest_floor
        reuse_manifest_on_open row_cache skip_stats_update_on_db_open statistics stats_dump_period_sec
        stats_history_buffer_size stats_persist_period_sec strict_bytes_per_sync table_cache_numshardbits
        track_and_verify_wals track_and_verify_wals_in_manifest two_write_queues unordered_write use_adaptive_mutex
        use_direct_io_for_compaction_reads use_direct_io_for_flush_and_compaction use_direct_reads use_fsync
        use_session_tmp_dir_for_remote_compaction verify_manifest_content_on_close verify_sst_unique_id_in_manifest
        wal_bytes_per_sync wal_compression wal_dir wal_filter wal_recovery_mode WAL_size_limit_MB WAL_ttl_seconds
        wal_write_temperature writable_file_max_buffer_size write_dbid_to_manifest write_identity_file
        write_thread_max_yield_usec write_thread_slow_yield_usec
        """;

    /// <summary>Their names.</summary>
    public static FrozenSet<string> Names { get; } =
        Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
