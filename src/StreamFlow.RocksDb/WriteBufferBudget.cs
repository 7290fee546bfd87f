namespace StreamFlow.RocksDb;

/// <summary>
/// The memory that the memtables of all databases share. RocksDB's own manager for this is not in the C API of 7.8, so
/// each database reports what it holds after a write, and the one that holds more than its share flushes while the sum is
/// over the limit. Databases are written by different threads; the figures are estimates, the bound is soft.
/// </summary>
internal sealed class WriteBufferBudget(long limitBytes)
{
    private readonly long _limit = limitBytes;
    private long _used;
    private int _members;

    public long UsedBytes => Interlocked.Read(ref _used);

    public Member Join()
    {
        Interlocked.Increment(ref _members);
        return new Member(this);
    }

    /// <summary>What one database holds.</summary>
    internal sealed class Member(WriteBufferBudget budget)
    {
        private long _bytes;
        private bool _left;

        /// <summary>Reports what the database holds now.</summary>
        /// <returns>Whether it should flush: all hold too much together, and this one at least its share.</returns>
        public bool Report(long bytes)
        {
            if (_left)
            {
                return false;
            }

            var used = Interlocked.Add(ref budget._used, bytes - _bytes);
            _bytes = bytes;
            // When the sum is over the limit, some database is at or over the average, so one of them always acts.
            return used > budget._limit && bytes >= used / Math.Max(1, Volatile.Read(ref budget._members));
        }

        public void Leave()
        {
            if (!_left)
            {
                Report(0);
                _left = true;
                Interlocked.Decrement(ref budget._members);
            }
        }
    }
}
