using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>The dead letters of an application.</summary>
/// <param name="view">The application.</param>
internal sealed class LetterBox(HostedView view) : IDisposable
{
    private const int Bars = 60;

    /// <summary>Records between two wanted ones that are read over rather than sought.</summary>
    private const int ReadOver = 500;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private readonly LetterIndex _index = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The topic; null where the application has none.</summary>
    public string? Topic => view.Hosted.Options.Streams.DeadLetterTopic is { Length: > 0 } topic ? topic : null;

    private string ClientId => $"{view.Application.ApplicationId}-dashboard-letters";

    /// <summary>A page of letters, newest first, and the counts of all.</summary>
    public async Task<LettersModel> ReadAsync(string? reason, string? name, int limit, string? page, CancellationToken cancellationToken)
    {
        if (Topic is null)
        {
            return new LettersModel(null, 0, new Dictionary<string, long>(), new Dictionary<string, long>(), [], [], null);
        }

        var skipped = Start(page);
        return await WithIndexAsync(
            scan =>
            {
                var found = Matching(reason, name);
                var wanted = found.Skip(skipped).Take(limit).ToList();
                var letters = Read(scan, wanted, cancellationToken).ToDictionary(l => l.Id, StringComparer.Ordinal);
                return new LettersModel(
                    Topic,
                    _index.Total,
                    _index.ByReason,
                    _index.ByOperator,
                    Timeline(),
                    [.. wanted.Select(w => Letter.IdOf(w.Partition, w.Offset)).Where(letters.ContainsKey).Select(id => letters[id].ToModel())],
                    found.Count > skipped + limit ? (skipped + limit).ToString(CultureInfo.InvariantCulture) : null);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The letters that a request means, by where they are.</summary>
    /// <exception cref="ApiException">An id is none, or there is no such letter.</exception>
    public Task<IReadOnlyList<LetterEntry>> FindAsync(ReplayRequest request, CancellationToken cancellationToken) =>
        WithIndexAsync<IReadOnlyList<LetterEntry>>(
            _ =>
            {
                if (request.Ids is not { } ids)
                {
                    ThrowIfNotWhole();
                    return Matching(request.Reason, request.Operator);
                }

                var all = _index.Entries.ToDictionary(e => Letter.IdOf(e.Partition, e.Offset), StringComparer.Ordinal);
                return [.. ids.Distinct(StringComparer.Ordinal).Select(id => all.TryGetValue(id, out var entry)
                    ? entry
                    : throw ApiException.NotFound($"There is no dead letter '{id}' in topic '{Topic}'; or it is not among the newest {LetterIndex.Kept}. The list has their ids."))];
            },
            cancellationToken);

    /// <summary>Reads letters by where they are: those that lie near each other in one go.</summary>
    public IEnumerable<Letter> Read(PartitionScan scan, IReadOnlyList<LetterEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var partition in entries.GroupBy(e => e.Partition))
        {
            var (of, run) = (new TopicPartition(Topic!, partition.Key), new List<long>());
            foreach (var offset in partition.Select(e => e.Offset).Order())
            {
                if (run.Count > 0 && offset - run[^1] > ReadOver)
                {
                    foreach (var letter in ReadRun(scan, of, run, cancellationToken))
                    {
                        yield return letter;
                    }

                    run.Clear();
                }

                run.Add(offset);
            }

            foreach (var letter in ReadRun(scan, of, run, cancellationToken))
            {
                yield return letter;
            }
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>A consumer for the topic.</summary>
    public PartitionScan Open() => new(view.Hosted.Clients, ClientId, view.Time);

    private static List<Letter> ReadRun(PartitionScan scan, TopicPartition partition, List<long> offsets, CancellationToken cancellationToken)
    {
        var (wanted, letters) = (offsets.ToHashSet(), new List<Letter>());
        scan.Read(
            new Dictionary<TopicPartition, long> { [partition] = offsets[0] },
            new Dictionary<TopicPartition, long> { [partition] = offsets[^1] + 1 },
            Longest,
            record =>
            {
                if (wanted.Contains(record.Offset))
                {
                    letters.Add(new Letter(record));
                }

                return true;
            },
            cancellationToken);
        return letters;
    }

    private async Task<T> WithIndexAsync<T>(Func<PartitionScan, T> work, CancellationToken cancellationToken)
    {
        var topic = Topic ?? throw ApiException.NotFound(
            $"Application '{view.Hosted.Name}' has no topic of dead letters: its setting Streams:DeadLetterTopic is empty.");
        var partitions = await new TopicBrowser(view.Hosted.Clients, ClientId, view.Time)
            .PartitionsAsync(topic, null, cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await BlockingWork.RunAsync(
                ClientId,
                () =>
                {
                    using var scan = Open();
                    _index.Refresh(scan, partitions, Longest, cancellationToken);
                    return work(scan);
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private List<LetterEntry> Matching(string? reason, string? name) =>
    [
        .. _index.Entries.Where(e => (reason is null || e.Reason == reason) && (name is null || e.Operator == name))
            .OrderByDescending(e => e.Timestamp).ThenByDescending(e => e.Offset),
    ];

    /// <summary>Whoever wants all letters is not to be told that some are all.</summary>
    private void ThrowIfNotWhole()
    {
        if (!_index.IsAtEnd)
        {
            throw ApiException.NotNow($"The letters of topic '{Topic}' are still being read, {_index.Total} by now. Ask again, or give ids.");
        }

        if (!_index.HasAll)
        {
            throw ApiException.NotNow(FormattableString.Invariant(
                $"Topic '{Topic}' has had {_index.Total} letters, and the page knows where the newest {LetterIndex.Kept} are: it cannot send back all. Give ids, or send letters back with a consumer of your own."));
        }
    }

    /// <summary>From the first letter to the last, in at most sixty steps of whole seconds.</summary>
    private List<LetterCountModel> Timeline()
    {
        var times = _index.Entries.Select(e => e.Timestamp).Where(t => ReadRecord.MomentOf(t) is not null).ToList();
        if (times.Count == 0)
        {
            return [];
        }

        var (first, last) = (times.Min() / 1000 * 1000, times.Max());
        var step = Math.Max(1000, ((last - first) / Bars / 1000 * 1000) + 1000);
        return
        [
            .. times.GroupBy(t => first + ((t - first) / step * step)).OrderBy(g => g.Key)
                .Select(g => new LetterCountModel(DateTimeOffset.FromUnixTimeMilliseconds(g.Key), g.Count())),
        ];
    }

    private static int Start(string? page) => page is null ? 0
        : int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start
        : throw ApiException.BadRequest($"page is '{page}'; it is to be what nextPage of the page before was.");
}
