using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Groups;

/// <summary>A coordinator on a real data directory, with a clock and a disk that obey the test.</summary>
internal sealed class CoordinatorFixture : IDisposable
{
    private readonly Storage.TemporaryDirectory _directory = new();
    private readonly bool _fsyncs;
    private string _data;

    private readonly bool _timersFire;

    public CoordinatorFixture(bool fsyncs = false, GroupCoordinatorOptions? options = null, bool timersFire = true)
    {
        _timersFire = timersFire;
        _fsyncs = fsyncs;
        _data = _directory.Sub("data");
        Options = options ?? new GroupCoordinatorOptions();
        (Store, Coordinator) = Open();
        Store.CreateTopic("orders", 4);
    }

    public GroupCoordinatorOptions Options { get; }

    /// <summary>The session timeout of members that <see cref="StableAsync"/> makes.</summary>
    public int SessionMs { get; init; } = GroupHarness.SessionMs;

    public FakeTimeProvider Time { get; } = Clock.StandingStill();

    public ObedientDisk Disk { get; } = new();

    public LogLines Warnings { get; } = new();

    public TopicStore Store { get; private set; }

    public GroupCoordinator Coordinator { get; private set; }

    public static OffsetKey Orders(int partition) => new("orders", partition);

    /// <summary>An orderly stop and a new start.</summary>
    public void Restart()
    {
        Close();
        (Store, Coordinator) = Open();
    }

    /// <summary>Starts again from what the files hold at this moment, as after a kill.</summary>
    public void Crash()
    {
        string copy = _directory.Sub(Guid.NewGuid().ToString("N"));
        DirectoryCopy.Of(_data, copy);
        Close();
        _data = copy;
        (Store, Coordinator) = Open();
    }

    public void Dispose()
    {
        Close();
        Disk.Dispose();
        _directory.Dispose();
    }

    public async Task<JoinResult> JoinAsync(JoinCommand command) =>
        await Coordinator.JoinAsync(command, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async Task<SyncResult> SyncAsync(string memberId, int generation, params MemberAssignment[] assignments) =>
        await Coordinator.SyncAsync(SyncOf(memberId, generation, assignments), CancellationToken.None)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public static SyncCommand SyncOf(string memberId, int generation, params MemberAssignment[] assignments) => new()
    {
        GroupId = "group",
        GenerationId = generation,
        MemberId = memberId,
        Assignments = assignments,
    };

    /// <summary>A stable group of one; returns its member.</summary>
    public async Task<(string Id, int Generation)> StableAsync(params GroupProtocol[] protocols)
    {
        JoinResult joined = await JoinAsync(
            GroupHarness.JoinOf(version: 3, sessionMs: SessionMs, protocols: protocols));
        SyncResult synced = await SyncAsync(
            joined.MemberId, joined.GenerationId, new MemberAssignment(joined.MemberId, "mine"u8.ToArray()));
        Assert.Equal("mine", Encoding.UTF8.GetString(synced.Assignment));
        return (joined.MemberId, joined.GenerationId);
    }

    /// <summary>Lets time pass with the member heartbeating.</summary>
    public void KeepAlive((string Id, int Generation) member, TimeSpan time)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(SessionMs / 2);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            Time.Advance(step);
            Assert.Equal(ErrorCode.None, Heartbeat(member));
        }
    }

    public ErrorCode Heartbeat((string Id, int Generation) member) =>
        Coordinator.Heartbeat(new HeartbeatCommand("group", member.Generation, member.Id, null));

    public static CommitCommand CommitOf(
        (string Id, int Generation) member, params (OffsetKey Key, long Offset)[] offsets) => new()
        {
            GroupId = "group",
            GenerationId = member.Generation,
            MemberId = member.Id,
            Offsets = [.. offsets.Select(offset => new OffsetToCommit(offset.Key, offset.Offset, 0, "note"))],
        };

    public Task<ErrorCode[]> CommitAsync(
        (string Id, int Generation) member, params (OffsetKey Key, long Offset)[] offsets) =>
        Coordinator.CommitOffsetsAsync(CommitOf(member, offsets)).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>A committer that is not a member.</summary>
    public Task<ErrorCode[]> CommitAsync(params (OffsetKey Key, long Offset)[] offsets) =>
        CommitAsync(("", -1), offsets);

    public FetchedOffset Fetch(OffsetKey key, bool requireStable = false) =>
        Assert.Single(Coordinator.FetchOffsets("group", [key], requireStable).Offsets);

    /// <summary>One heartbeat of a member of the consumer protocol in the group "group".</summary>
    public Task<ConsumerHeartbeatResult> BeatAsync(ConsumerHeartbeatCommand command) =>
        Coordinator.HeartbeatAsync(command).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private (TopicStore Store, GroupCoordinator Coordinator) Open()
    {
        TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = _data,
            Time = Time,
            MaintenanceInterval = TimeSpan.Zero,
            Files = Disk,
            TopicDefaults = _fsyncs
                ? new Dictionary<string, string> { [TopicConfigs.FlushMessagesName] = "1" }
                : TopicConfigs.EmptyConfigs,
        });
        return (store, GroupCoordinator.Open(store, Options, _timersFire ? Time : new ClockWithoutTimers(Time), Warnings));
    }

    private void Close()
    {
        Coordinator.Dispose();
        Disk.Release();
        Store.Dispose();
    }
}

/// <summary>A clock whose timers never fire, as those of a busy machine are late.</summary>
internal sealed class ClockWithoutTimers(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) is { } timer ? new Dead(timer) : null!;

    private sealed class Dead(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}

internal static class OffsetFetching
{
    public static FetchOffsetsResult FetchOffsets(
        this GroupCoordinator groups, string groupId, IReadOnlyList<OffsetKey>? partitions, bool requireStable) =>
        groups.FetchOffsets(new FetchOffsetsCommand
        {
            GroupId = groupId, Partitions = partitions, RequireStable = requireStable,
        });
}

/// <summary>The disk, until told to hold its writes or fsyncs, or to fail.</summary>
internal sealed class ObedientDisk : FileSystem, IDisposable
{
    private readonly ManualResetEventSlim _mayFlush = new(true);
    private readonly ManualResetEventSlim _mayWrite = new(true);
    private int _writing;

    /// <summary>How much of each file an fsync has covered.</summary>
    public ConcurrentDictionary<string, long> Flushed { get; } = [];

    public bool FailsWrites { get; set; }

    public bool FailsFlushes { get; set; }

    /// <summary>Writes that were begun while they are held.</summary>
    public int HeldWrites => Volatile.Read(ref _writing);

    public void HoldFlushes() => _mayFlush.Reset();

    public void HoldWrites() => _mayWrite.Reset();

    public void Release()
    {
        _mayWrite.Set();
        _mayFlush.Set();
    }

    public void Dispose()
    {
        _mayFlush.Dispose();
        _mayWrite.Dispose();
    }

    public override StorageFile Open(string path, FileMode mode) => new(this, path, Disk.Open(path, mode).Handle);

    public override void Write(StorageFile file, ReadOnlySpan<byte> bytes, long position)
    {
        if (FailsWrites)
        {
            throw new IOException("no space left on this test's device");
        }

        Interlocked.Increment(ref _writing);
        _mayWrite.Wait();
        Interlocked.Decrement(ref _writing);
        Disk.Write(file, bytes, position);
    }

    public override int Read(StorageFile file, Span<byte> bytes, long position) => Disk.Read(file, bytes, position);

    public override void SetLength(StorageFile file, long length) => Disk.SetLength(file, length);

    public override void Flush(StorageFile file)
    {
        _mayFlush.Wait();
        if (FailsFlushes)
        {
            throw new IOException("this test's fsync failed");
        }

        long length = file.Length;
        Disk.Flush(file);
        Flushed[file.Path] = length;
    }

    public override void Rename(string from, string to) => Disk.Rename(from, to);

    public override void Delete(string path) => Disk.Delete(path);

    public override void FlushDirectory(string path) => Disk.FlushDirectory(path);
}
