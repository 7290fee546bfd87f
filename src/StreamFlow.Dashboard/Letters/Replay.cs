using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>Letters on their way back to the topics that their records came from, on a thread of their own.</summary>
internal sealed class Replay
{
    private const int BatchSize = 500;
    private readonly HostedView _view;
    private readonly LetterBox _box;
    private readonly IReadOnlyList<LetterEntry> _entries;
    private readonly HashSet<string> _sources;
    private readonly CancellationToken _stopping;
    private volatile LetterSender? _sender;
    private volatile bool _isFinished;
    private volatile string? _end;

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
        new(Id, _entries.Count, _sender?.Done ?? 0, _sender?.Failed ?? 0, _sender?.Unknown ?? 0, _isFinished, Error());

    public void Start() => new Thread(Run) { Name = $"{_view.Application.ApplicationId}-dashboard-replay", IsBackground = true }.Start();

    private void Run()
    {
        try
        {
            using var scan = _box.Open();
            using var producer = _view.Hosted.Clients.CreateProducer(
                new ProducerRole($"{_view.Application.ApplicationId}-dashboard-replay", null, LetterSender.DrainLimit));
            var sender = _sender = new LetterSender(producer, _sources, _view.Time, _stopping);
            foreach (var batch in _entries.OrderBy(e => e.Partition).ThenBy(e => e.Offset).Chunk(BatchSize))
            {
                _stopping.ThrowIfCancellationRequested();
                sender.Send(_box.Read(scan, batch, _stopping), batch.Length);
            }
        }
        catch (OperationCanceledException)
        {
            _end = "The host stops.";
        }
#pragma warning disable CA1031 // Whoever asks for the replay is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _end = exception.Message;
        }

        _isFinished = true;
    }

    /// <summary>What has ended it, or else the first failure; and what of the letters is not known then.</summary>
    private string? Error()
    {
        var (error, unknown) = (_end ?? _sender?.FirstFailure, _sender?.Unknown ?? 0);
        return error is null ? null
            : unknown > 0 ? FormattableString.Invariant(
                $"{error} Whether {unknown} letters have arrived is not known: look for {LetterSender.FromHeader} in their topics. The others that are not counted were not sent.")
            : _end is not null ? $"{error} Letters that are not counted were not sent."
            : error;
    }
}
