using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Records;

/// <summary>consume: records become lines of the standard output.</summary>
internal sealed class ConsumeCommand
{
    private readonly Argument<string[]> _topics = new("topic") { Description = "What to read", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _fromBeginning = new("--from-beginning") { Description = "From the first record on (default: what comes from now on)" };
    private readonly Option<long?> _offset = Values.LongNumber("--offset", 0, long.MaxValue, "From this offset on", "offset");
    private readonly Option<long?> _fromTime = Values.Time("--from-time", "From the first record of this time on");
    private readonly Option<int?> _tail = Values.Number("--tail", 1, 100_000_000, "The last records of each partition, and what follows them");
    private readonly Option<string[]> _partitions = Values.Names("--partition", "Only these partitions", "number");
    private readonly Option<int?> _count = Values.Number("--count", 1, int.MaxValue, "End after so many records");
    private readonly Option<bool> _untilEnd = new("--until-end", "-e") { Description = "End where the topic ends now" };
    private readonly Option<TimeSpan> _idle = Values.Duration("--idle", TimeSpan.Zero, "End when no record came for so long; 0 waits for ever");
    private readonly Option<string?> _group = new("--group") { Description = "Share the partitions with other members of this group, go on from its offsets, and commit", HelpName = "name" };
    private readonly Option<string?> _isolation = Values.Word("--isolation-level", ["read_uncommitted", "read_committed"], "Whether records of open and aborted transactions are seen (default: read_uncommitted)");
    private readonly RecordPrinter.Switches _print = new();
    private readonly RecordFilter.Switches _filter = new();

    public static Command Create(Surroundings surroundings)
    {
        ConsumeCommand command = new();
        return CommandParts.WithBroker(CommandParts.Leaf(
            "consume", "Read records, one per line; Ctrl+C ends it",
            [
                "streamflow consume orders                                          what comes from now on",
                "streamflow consume orders --from-beginning --until-end --keys      all there is, with keys",
                "streamflow consume counts --tail 10 --all --value-format long      the last ten of each partition",
                "streamflow consume counts -e --from-beginning --keys --key-format windowed:string --value-format long",
                "streamflow consume orders --from-time 2026-11-28T12:00:00Z --filter-value '\"cents\":1250' --json",
                "streamflow consume orders --group audit --count 100                as a member of a group",
            ],
            [
                command._topics, command._fromBeginning, command._offset, command._fromTime, command._tail, command._partitions, command._count, command._untilEnd,
                command._idle, command._group, command._isolation, .. command._print.All, .. command._filter.All,
            ],
            surroundings, command.RunAsync));
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        Check(context);
        RecordPrinter printer = _print.Read(context);
        RecordFilter filter = _filter.Read(context);
        await using Cluster cluster = context.Connect();
        RecordFetcher fetcher = new(cluster, context.Get(_isolation) == "read_committed");
        string[] topics = context.Get(_topics);
        GroupMember? member = context.Get(_group) is { } group ? new GroupMember(cluster, group, topics, context.Get(_fromBeginning)) : null;
        try
        {
            if (member is null)
            {
                await PlaceAsync(context, cluster, fetcher, topics).ConfigureAwait(false);
            }

            await ReadAsync(context, fetcher, member, printer, filter).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Cancelled.IsCancellationRequested)
        {
            // Ctrl+C is how one ends it.
        }

        if (member is not null)
        {
            await member.LeaveAsync(fetcher).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private async Task ReadAsync(CommandContext context, RecordFetcher fetcher, GroupMember? member, RecordPrinter printer, RecordFilter filter)
    {
        int left = context.Get(_count) ?? int.MaxValue;
        TimeSpan idle = context.Get(_idle);
        long last = context.Time.GetTimestamp();
        Dictionary<TopicPartition, long>? ends = null;
        while (true)
        {
            await (member?.KeepAsync(fetcher, context.Cancelled) ?? Task.CompletedTask).ConfigureAwait(false);
            List<FetchedRecord> records = fetcher.Positions.Count == 0 ? await PauseAsync(context).ConfigureAwait(false) : await fetcher.FetchAsync(context.Cancelled).ConfigureAwait(false);
            ends ??= context.Get(_untilEnd) && fetcher.Ends.Count > 0 ? new Dictionary<TopicPartition, long>(fetcher.Ends) : null;
            foreach (FetchedRecord record in records)
            {
                bool isBehindEnd = ends is not null && ends.TryGetValue(record.Partition, out long end) && record.Offset >= end;
                if (isBehindEnd || !filter.Takes(record))
                {
                    continue;
                }

                printer.Print(record);
                if (--left == 0)
                {
                    // What came behind the last one that was wanted is not committed.
                    Rewind(fetcher, records, record);
                    return;
                }
            }

            StayAtEnds(fetcher, ends);
            await context.Terminal.Out.FlushAsync(context.Cancelled).ConfigureAwait(false);
            last = records.Count > 0 ? context.Time.GetTimestamp() : last;
            bool isAtEnd = ends is not null && ends.All(e => fetcher.Positions.GetValueOrDefault(e.Key, long.MaxValue) >= e.Value);
            if (isAtEnd || (idle > TimeSpan.Zero && context.Time.GetElapsedTime(last) >= idle))
            {
                return;
            }
        }
    }

    /// <summary>What came behind the end was not shown: a group that commits it would never see it.</summary>
    private static void StayAtEnds(RecordFetcher fetcher, Dictionary<TopicPartition, long>? ends)
    {
        foreach ((TopicPartition partition, long end) in ends ?? [])
        {
            if (fetcher.Positions.TryGetValue(partition, out long at) && at > end)
            {
                fetcher.Positions[partition] = end;
            }
        }
    }

    /// <summary>A member that has no partitions waits for some.</summary>
    private static async Task<List<FetchedRecord>> PauseAsync(CommandContext context)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(100), context.Time, context.Cancelled).ConfigureAwait(false);
        return [];
    }

    private static void Rewind(RecordFetcher fetcher, List<FetchedRecord> records, FetchedRecord last)
    {
        foreach (FetchedRecord unseen in records.SkipWhile(r => r != last).Skip(1).Reverse())
        {
            fetcher.Positions[unseen.Partition] = unseen.Offset;
        }

        fetcher.Positions[last.Partition] = last.Offset + 1;
    }

    private async Task PlaceAsync(CommandContext context, Cluster cluster, RecordFetcher fetcher, string[] topics)
    {
        CancellationToken ct = context.Cancelled;
        List<TopicPartition> partitions = Choose(context, (await cluster.LeadersAsync(topics, ct).ConfigureAwait(false)).Keys);
        bool isCommitted = context.Get(_isolation) == "read_committed";
        var firsts = await cluster.ListOffsetsAsync(partitions, Offsets.Earliest, ct).ConfigureAwait(false);
        var nexts = await cluster.ListOffsetsAsync(partitions, Offsets.Latest, ct, isCommitted).ConfigureAwait(false);
        var ofTime = context.Get(_fromTime) is { } time ? await cluster.ListOffsetsAsync(partitions, Offsets.OfTime(time), ct).ConfigureAwait(false) : null;
        foreach (TopicPartition partition in partitions)
        {
            (long first, long next) = (firsts[partition].Offset, nexts[partition].Offset);
            fetcher.Positions[partition] =
                context.Get(_offset) is { } offset ? InRange(offset, partition, first, next)
                : ofTime is not null ? (ofTime[partition].Offset is var found and >= 0 ? found : next)
                : context.Get(_tail) is { } tail ? Math.Max(first, next - tail)
                : context.Get(_fromBeginning) ? first : next;
        }
    }

    private List<TopicPartition> Choose(CommandContext context, IEnumerable<TopicPartition> all)
    {
        HashSet<string> wanted = [.. context.Get(_partitions)!];
        if (wanted.Count == 0)
        {
            return [.. all.Order()];
        }

        ILookup<string, TopicPartition> known = all.Order().ToLookup(static p => FormattableString.Invariant($"{p.Partition}"));
        List<string> missing = [.. wanted.Where(number => !known.Contains(number))];
        return missing.Count == 0
            ? [.. wanted.SelectMany(number => known[number]).Order()]
            : throw new CommandException($"--partition is {string.Join(", ", missing)}, which is not there; 'streamflow topics describe' shows which are.");
    }

    private static long InRange(long offset, TopicPartition partition, long first, long next) => offset >= first && offset <= next
        ? offset
        : throw new CommandException($"--offset is {offset}; {partition} has {first} to {next}.");

    private void Check(CommandContext context)
    {
        List<string> places =
        [
            .. new[] { (context.Get(_fromBeginning) && context.Get(_group) is null, "--from-beginning"), (context.Get(_offset) is not null, "--offset"), (context.Get(_fromTime) is not null, "--from-time"), (context.Get(_tail) is not null, "--tail") }
                .Where(static p => p.Item1).Select(static p => p.Item2),
        ];
        if (places.Count > 1)
        {
            throw new CommandException($"{string.Join(" and ", places)} each say where to begin; give one of them.", ExitCode.Usage);
        }

        if (context.Get(_group) is not null && (places.Count > 0 || context.Get(_partitions)!.Length > 0))
        {
            throw new CommandException("--group begins where the group is and gets its partitions from it; 'streamflow groups reset' moves it. Give --group alone.", ExitCode.Usage);
        }
    }
}
