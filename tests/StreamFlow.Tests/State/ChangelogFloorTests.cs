using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>From where on a changelog is needed: never later than what is alive, and not much earlier.</summary>
public sealed class ChangelogFloorTests
{
    private const long Retention = 600_000;

    [Fact]
    public void Nothing_is_given_up_before_its_time_has_expired()
    {
        var log = new Log();
        log.Write(1000, 0);

        log.Write(Retention + 999, 0);
        Assert.Equal(0, log.Floor.Offset);
        log.Write(Retention + 1000, 0);

        Assert.Equal(1, log.Floor.Offset);
    }

    [Fact]
    public void What_comes_late_stays_as_long_as_what_came_before_it()
    {
        var log = new Log();
        log.Write(Retention, 0);
        log.Write(1, 0);

        log.Write(Retention + 1, 0);

        Assert.Equal(0, log.Floor.Offset);
    }

    /// <summary>Whatever comes in whatever order, and however often the store is opened anew or restored from what is left.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(0)]
    public void What_is_alive_is_never_given_up_and_little_else_is_kept(int given)
    {
        var seed = given == 0 ? Environment.TickCount : given;
        var random = new Random(seed);
        var log = new Log();
        var time = 1_700_000_000_000L;
        for (var i = 0; i < 3000; i++)
        {
            time += random.Next(10) switch { 0 => random.Next(200_000), 1 when random.Next(30) == 0 => 5 * Retention, _ => random.Next(2000) };
            log.Write(time, random.Next(3) == 0 ? random.Next((int)Retention * 2) : 0, random.Next(1, 20));
            switch (random.Next(200))
            {
                case 0:
                    log.Reopen();
                    break;
                case 1:
                    log.Restore(random.Next(1, 300));
                    break;
            }

            log.Purge();
            Assert.True(log.IsEveryLiveRecordKept, $"seed {seed}, step {i}: {log.Floor.Offset}");
        }

        // Of what is kept, nothing was written more than two retentions ago, as time goes in the store.
        log.Write(time, 0);
        log.Purge();
        Assert.True(log.OldestKept >= log.Expiry.StreamTime - (2 * Retention), $"seed {seed}: {log.OldestKept}");
    }

    [Fact]
    public void A_log_that_is_another_one_is_not_given_up_by_marks_of_the_former()
    {
        var log = new Log();
        for (var i = 0; i < 100; i++)
        {
            log.Write(i * 100_000, 0);
        }

        Assert.True(log.Floor.Offset > 0);
        log.Records.Clear();
        log.Write(10_000_000, 0);

        Assert.Equal(0, log.Floor.Offset);
        log.Write(10_000_000 + Retention, 0);
        Assert.Equal(1, log.Floor.Offset);
    }

    /// <summary>A changelog, and a store of whose bytes only what the marks need is looked at.</summary>
    private sealed class Log
    {
        private InMemoryBackend _backend = NoBytes();
        private long _purged;

        public Log() => (Expiry, Floor) = New();

        public List<(long Time, long StreamTime)> Records { get; } = [];

        public WindowExpiry Expiry { get; private set; }

        public ChangelogFloor Floor { get; private set; }

        public bool IsEveryLiveRecordKept => Records.Take((int)_purged).All(r => Expiry.IsExpired(r.Time));

        public long OldestKept => Records.Skip((int)_purged).Min(r => r.StreamTime);

        public void Write(long time, long late, int count = 1)
        {
            for (var i = 0; i < count; i++)
            {
                var at = Math.Max(0, time - (i == 0 ? 0 : late));
                if (!Expiry.IsExpired(at))
                {
                    Expiry.Advance(at);
                    Records.Add((at, Expiry.StreamTime));
                }
            }

            Commit(Records.Count);
        }

        public void Purge() => _purged = Math.Max(_purged, Floor.Offset);

        public void Reopen()
        {
            var streamTime = Expiry.StreamTime;
            (Expiry, Floor) = New();
            Expiry.Load(streamTime);
        }

        public void Restore(int perBatch)
        {
            _backend = NoBytes();
            (Expiry, Floor) = New();
            for (var i = (int)_purged; i < Records.Count; i++)
            {
                Floor.Restoring(Records[i].Time, i);
                Expiry.Advance(Records[i].Time);
                if (i % perBatch == 0 || i == Records.Count - 1)
                {
                    Commit(i + 1);
                }
            }

            Floor.Load(_backend.Stores[0]);
        }

        private static InMemoryBackend NoBytes() => new(["s"]);

        private (WindowExpiry Expiry, ChangelogFloor Floor) New()
        {
            var expiry = new WindowExpiry(Retention);
            var floor = new ChangelogFloor(expiry);
            floor.Load(_backend.Stores[0]);
            return (expiry, floor);
        }

        private void Commit(long end)
        {
            var batch = new StoreBatch();
            Floor.Advance(end, 0, batch);
            batch.Sort();
            _backend.Write(batch);
            Expiry.Commit();
        }
    }
}
