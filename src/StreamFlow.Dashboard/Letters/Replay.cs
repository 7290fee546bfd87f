using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>Letters on their way back to the topics that their records came from, on a thread of their own.</summary>
internal sealed class Replay
{
    public const string AtHeader = "streamflow.replayed.at";
    public const string FromHeader = "streamflow.replayed.from";
    private const int BatchSize = 500;
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(20);
    private readonly HostedView _view;
    private readonly LetterBox _box;
    private readonly IReadOnlyList<LetterEntry> _entries;
    private readonly HashSet<string> _sources;
    private readonly CancellationToken _stopping;
    private long _done;
    private long _failed;
    private volatile bool _isFinished;
    private volatile string? _error;

    /// <param name="view">The application.</param>
    /// <param name="box">Its letters.</param>
    /// <param name="entries">Those that are sent back.</param>
    /// <param name="stopping">The host stops.</param>
    public Replay(HostedView view, LetterBox box, IReadOnlyList<LetterEntry> entries, CancellationToken stopping)
    {
        (_view, _box, _entries, _stopping) = (view, box, entries, stopping);

        // Headers are data of somebody else's: they must not choose any topic of the cluster.
        _sources = view.Application.Topology.SubTopologies.SelectMany(s => s.Nodes)
            .Where(n => n.Kind == TopologyNodeKind.Source).SelectMany(n => n.Topics).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
    }

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public bool IsFinished => _isFinished;

    public ReplayModel ToModel() =>
        new(Id, _entries.Count, Interlocked.Read(ref _done), Interlocked.Read(ref _failed), _isFinished, _error);

    public void Start() => new Thread(Run) { Name = $"{_view.Application.ApplicationId}-dashboard-replay", IsBackground = true }.Start();

    private void Run()
    {
        try
        {
            using var scan = _box.Open();
            using var producer = _view.Hosted.Clients.CreateProducer(
                new ProducerRole($"{_view.Application.ApplicationId}-dashboard-replay", null, DrainLimit));
            foreach (var batch in _entries.OrderBy(e => e.Partition).ThenBy(e => e.Offset).Chunk(BatchSize))
            {
                _stopping.ThrowIfCancellationRequested();
                Send(producer, scan, batch);
            }
        }
        catch (OperationCanceledException)
        {
            _error = "The host stops: what is not counted as done was not sent.";
        }
#pragma warning disable CA1031 // Whoever asks for the replay is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _error = exception.Message;
        }

        _isFinished = true;
    }

    private void Send(IKafkaProducer producer, PartitionScan scan, LetterEntry[] batch)
    {
        var (sent, read) = (0, 0);
        foreach (var letter in _box.Read(scan, batch, _stopping))
        {
            read++;
            sent += TrySend(producer, letter) ? 1 : 0;
        }

        if (batch.Length > read)
        {
            Fail(batch.Length - read, "Some letters are no longer in their topic.");
        }

        var isDrained = producer.Drain(DrainLimit);
        while (producer.TryTakeFailure(out var failure))
        {
            sent--;
            Fail(1, $"{failure.Partition}: {failure.Reason}");
        }

        Interlocked.Add(ref _done, sent);
        if (!isDrained)
        {
            throw new TimeoutException("The broker has not acknowledged all letters in time: some of those that count as done may not be there.");
        }
    }

    private bool TrySend(IKafkaProducer producer, Letter letter)
    {
        var obstacle = letter.Obstacle ?? (_sources.Contains(letter.Source!.Value.Partition.Topic)
            ? null : $"'{letter.Source.Value.Partition.Topic}' is no topic that the application reads");
        if (obstacle is not null)
        {
            Fail(1, $"Letter {letter.Id} cannot be sent back: {obstacle}.");
            return false;
        }

        var to = letter.Source!.Value.Partition;
        var headers = new Headers(letter.OwnHeaders)
            .With(AtHeader, _view.Time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture))
            .With(FromHeader, $"{letter.Record.Partition}@{letter.Record.Offset.ToString(CultureInfo.InvariantCulture)}");
        try
        {
            var topic = producer.Topic(to.Topic);
            while (!producer.TryProduce(topic, to.Partition, RecordOf(letter), headers))
            {
                _stopping.ThrowIfCancellationRequested();
                producer.Poll(PollTimeout);
            }

            return true;
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Refused)
        {
            Fail(1, $"Letter {letter.Id} cannot be sent back: {exception.Message}");
            return false;
        }
    }

    private static ByteRecord RecordOf(Letter letter) => new()
    {
        Key = letter.Record.Key,
        HasKey = letter.Record.Key is not null,
        Value = letter.Record.Value,
        HasValue = letter.Record.Value is not null,
        Timestamp = letter.Timestamp,
    };

    /// <summary>The first reason is told; the count says how many there are.</summary>
    private void Fail(int count, string reason)
    {
        Interlocked.Add(ref _failed, count);
        _error ??= reason;
    }
}
