using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Groups;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>Both coordinators on a real data directory, with a clock, a disk and crashes that obey the test.</summary>
internal sealed class TransactionFixture : IDisposable
{
    public const string Id = "tx";
    public static readonly TransactionPartition A = new("a", 0);
    public static readonly TransactionPartition B = new("b", 1);
    public static readonly OffsetKey Input = new("in", 0);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Storage.TemporaryDirectory _directory = new();
    private readonly bool _flushBarriers;
    private string _data;
    private string? _crash;
    private bool _isClosed;

    /// <param name="crashAt">The fault point whose files <see cref="Crash"/> starts from.</param>
    /// <param name="powerCut">If given, the crash also takes from each log some of what was never fsynced.</param>
    /// <param name="flushBarriers">The option of that name.</param>
    public TransactionFixture(string? crashAt = null, Random? powerCut = null, bool flushBarriers = true)
    {
        _flushBarriers = flushBarriers;
        _data = _directory.Sub("data");
        Faults = crashAt is null ? FaultPoints.None : FaultPoints.Parse(crashAt, () =>
        {
            string crash = _directory.Sub("crash");
            DirectoryCopy.Of(_data, crash);
            if (powerCut is not null)
            {
                CutPower(crash, powerCut);
            }

            _crash = crash;
        });
        (Store, Groups, Coordinator) = Open();
        Store.CreateTopic("a", 1);
        Store.CreateTopic("b", 2);
        Store.CreateTopic("in", 1);
    }

    public FakeTimeProvider Time { get; } = Clock.StandingStill();

    public ObedientDisk Disk { get; } = new();

    public LogLines Warnings { get; } = new();

    public TopicStore Store { get; private set; }

    public GroupCoordinator Groups { get; private set; }

    public TransactionCoordinator Coordinator { get; private set; }

    public bool HasCrashed => _crash is not null;

    /// <summary>The protocol that the producers of this fixture speak.</summary>
    public TransactionVersion Version { get; set; }

    private FaultPoints Faults { get; set; }

    public PartitionLog Log(TransactionPartition partition) => Store.GetPartition(partition.Topic, partition.Partition)!;

    /// <summary>An orderly stop and a new start.</summary>
    public void Restart()
    {
        Close();
        (Store, Groups, Coordinator) = Open();
    }

    /// <summary>What the log of a topic's first partition holds now, as a file beside it.</summary>
    public string CopyLog(string topic)
    {
        string copy = _directory.Sub(Guid.NewGuid().ToString("N"));
        File.Copy(Store.GetPartition(topic, 0)!.Segments[^1].File.Path, copy);
        return copy;
    }

    /// <summary>Starts from what the files held at the fault point, or hold now.</summary>
    /// <param name="lost">Topics whose log is to hold what it held when it was copied.</param>
    public void Crash(params (string Topic, string Log)[] lost)
    {
        if (_crash is null)
        {
            _crash = _directory.Sub(Guid.NewGuid().ToString("N"));
            DirectoryCopy.Of(_data, _crash);
        }

        foreach ((string topic, string log) in lost)
        {
            string path = Store.GetPartition(topic, 0)!.Segments[^1].File.Path;
            File.Copy(log, Path.Combine(_crash, Path.GetRelativePath(_data, path)), overwrite: true);
        }

        Close();
        (_data, _crash) = (_crash, null);
        Faults = FaultPoints.None;
        (Store, Groups, Coordinator) = Open();
    }

    public async Task<ProducerIdentity> InitAsync(ProducerIdentity? expected = null, int timeoutMs = 60_000)
    {
        TransactionReply reply = await Within(Coordinator.InitProducerAsync(Id, timeoutMs, expected ?? ProducerIdentity.None));
        Assert.Equal(ErrorCode.None, reply.Error);
        return reply.Producer;
    }

    public Task<ErrorCode[]> AddAsync(ProducerIdentity producer, params TransactionPartition[] partitions) =>
        Within(Coordinator.AddPartitionsAsync(Id, producer, partitions, Version));

    public Task<ErrorCode> AddOffsetsAsync(ProducerIdentity producer) =>
        Within(Coordinator.AddOffsetsAsync(Id, producer, "group"));

    public async Task<ErrorCode> EndAsync(ProducerIdentity producer, bool commit) =>
        (await FinishAsync(producer, commit)).Error;

    /// <summary>As <see cref="EndAsync"/>, with the producer's next identity.</summary>
    public Task<TransactionReply> FinishAsync(ProducerIdentity producer, bool commit) =>
        Within(Coordinator.EndAsync(Id, producer, commit, Version));

    /// <summary>Appends a record whose value ends in the number, or in the sequence.</summary>
    public ErrorCode Produce(
        TransactionPartition partition, ProducerIdentity producer, int sequence, int? number = null)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1_700_000_000_000, "k"u8, Encoding.UTF8.GetBytes($"{producer.ProducerId}/{number ?? sequence}"));
        Span<byte> batch = builder.Build(
            RecordBatch.TransactionalBit, producer.ProducerId, producer.Epoch, sequence);
        return Log(partition).Append(batch, AppendOrigin.Client).Error;
    }

    public async Task<ErrorCode> CommitOffsetAsync(
        ProducerIdentity producer, long offset, int generation = -1, string member = "") =>
        Assert.Single(await Within(
            Coordinator.CommitOffsetsAsync(Id, producer, Command(offset, generation, member), Version)));

    public async Task<ErrorCode> CommitPlainOffsetAsync(long offset) =>
        Assert.Single(await Within(Groups.CommitOffsetsAsync(Command(offset, -1, ""))));

    /// <summary>The committed offset; null while it is unstable.</summary>
    public long? Offset()
    {
        FetchedOffset fetched = Assert.Single(Groups.FetchOffsets("group", [Input], requireStable: true).Offsets);
        return fetched.Error == ErrorCode.UnstableOffsetCommit ? null : fetched.Offset;
    }

    /// <summary>What a read-committed consumer gets, and whether it reaches the end.</summary>
    public (List<string> Values, bool AtEnd) Visible(TransactionPartition partition)
    {
        PartitionLog log = Log(partition);
        var buffer = new ArrayBufferWriter<byte>();
        ReadResult read = log.Read(0, 1 << 20, true, readCommitted: true, buffer);
        var aborted = new AbortedRanges(read.AbortedTransactions!.ToArray());
        var values = new List<string>();
        ReadOnlySpan<byte> rest = buffer.WrittenSpan;
        while (BatchHeader.TryRead(rest, out BatchHeader header))
        {
            var reader = new RecordReader(rest[..header.TotalSize]);
            while (!header.IsControl && !aborted.Contains(header) && reader.MoveNext())
            {
                values.Add(Encoding.UTF8.GetString(reader.Value));
            }

            rest = rest[header.TotalSize..];
        }

        return (values, log.LastStableOffset == log.HighWatermark);
    }

    public void Dispose()
    {
        Close();
        Disk.Dispose();
        _directory.Dispose();
    }

    public static Task<T> Within<T>(ValueTask<T> task) => task.AsTask().WaitAsync(Deadline);

    private static CommitCommand Command(long offset, int generation, string member) => new()
    {
        GroupId = "group",
        GenerationId = generation,
        MemberId = member,
        Offsets = [new OffsetToCommit(Input, offset, 0, "")],
    };

    private (TopicStore Store, GroupCoordinator Groups, TransactionCoordinator Coordinator) Open()
    {
        TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = _data,
            Time = Time,
            MaintenanceInterval = TimeSpan.Zero,
            Files = Disk,
        });
        GroupCoordinator groups = GroupCoordinator.Open(store, new GroupCoordinatorOptions(), Time, Warnings);
        _isClosed = false;
        return (store, groups, TransactionCoordinator.Open(
            store, groups, new TransactionCoordinatorOptions { Faults = Faults, FlushBarriers = _flushBarriers }, Time, Warnings));
    }

    private void CutPower(string crash, Random random)
    {
        foreach (string path in Directory.GetFiles(crash, "*.log", SearchOption.AllDirectories).Order())
        {
            long flushed = Disk.Flushed.GetValueOrDefault(Path.Combine(_data, Path.GetRelativePath(crash, path)));
            using FileStream file = File.OpenWrite(path);
            file.SetLength(random.Next(3) switch
            {
                0 => Math.Min(flushed, file.Length),
                1 => file.Length,
                _ => random.NextInt64(Math.Min(flushed, file.Length), file.Length + 1),
            });
        }
    }

    private void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            Coordinator.Dispose();
            Groups.Dispose();
            Disk.Release();
            Store.Dispose();
        }
    }
}
