using System.CommandLine;
using System.Globalization;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;

namespace StreamFlow.Cli.Groups;

/// <summary>groups reset: sets the offsets of a group that has no members. It only shows what it would do, until --execute.</summary>
internal sealed class GroupsReset
{
    private readonly Argument<string> _group = GroupsCommand.Name();
    private readonly Option<string[]> _topics = Values.Names("--topic", "These topics, each as name or name:partition,...", "topic");
    private readonly Option<bool> _allTopics = new("--all-topics") { Description = "All topics that the group has offsets of" };
    private readonly Option<bool> _toEarliest = new("--to-earliest") { Description = "To the first record there is" };
    private readonly Option<bool> _toLatest = new("--to-latest") { Description = "To the end" };
    private readonly Option<bool> _toCurrent = new("--to-current") { Description = "To where it is, or to the end where it has not been" };
    private readonly Option<long?> _toOffset = Values.LongNumber("--to-offset", 0, long.MaxValue, "To this offset, or the nearest there is", "offset");
    private readonly Option<long?> _shiftBy = Values.LongNumber("--shift-by", long.MinValue, long.MaxValue, "By so many records, back when negative");
    private readonly Option<long?> _toTime = Values.Time("--to-datetime", "To the first record of this time");
    private readonly Option<TimeSpan> _byDuration = Values.Duration("--by-duration", "To the first record of so long ago");
    private readonly Option<string?> _file = new("--from-file") { Description = "To what a file has in lines topic,partition,offset, as --export writes them", HelpName = "file" };
    private readonly Option<bool> _export = new("--export") { Description = "Write the new offsets as lines topic,partition,offset instead of a table" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only show the new offsets; so it is without --execute" };
    private readonly Option<bool> _execute = new("--execute") { Description = "Set them" };

    public static Command Create(Surroundings surroundings)
    {
        GroupsReset command = new();
        return CommandParts.Leaf(
            "reset", "Set the offsets of a group without members; shows what would change until --execute is given",
            [
                "streamflow groups reset order-counts --topic orders --to-earliest",
                "streamflow groups reset order-counts --topic orders --to-earliest --execute",
                "streamflow groups reset order-counts --topic orders:0,1 --shift-by -100 --execute",
                "streamflow groups reset order-counts --all-topics --by-duration 2h --execute",
                "streamflow groups reset order-counts --all-topics --to-current --export > offsets.csv",
                "streamflow groups reset order-counts --from-file offsets.csv --execute",
            ],
            [
                command._group, command._topics, command._allTopics, command._toEarliest, command._toLatest, command._toCurrent, command._toOffset, command._shiftBy,
                command._toTime, command._byDuration, command._file, command._export, command._dryRun, command._execute,
            ],
            surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        Check(context);
        string group = context.Get(_group);
        CancellationToken ct = context.Cancelled;
        await using Cluster cluster = context.Connect();
        if (context.Get(_execute))
        {
            await RequireEmptyAsync(cluster, group, ct).ConfigureAwait(false);
        }

        Dictionary<TopicPartition, CommittedOffset> current = await cluster.CommittedAsync(group, null, ct).ConfigureAwait(false);
        SortedDictionary<TopicPartition, long> planned = context.Get(_file) is { } file
            ? await WithinAsync(cluster, Read(file), ct).ConfigureAwait(false)
            : await PlanAsync(context, cluster, current).ConfigureAwait(false);
        if (context.Get(_execute) && planned.Count > 0)
        {
            Dictionary<TopicPartition, ErrorCode> refused = await cluster.CommitAsync(group, planned, ct).ConfigureAwait(false);
            foreach ((TopicPartition partition, ErrorCode error) in refused)
            {
                throw new KafkaException(error, $"offset of group '{group}' in {partition}");
            }
        }

        Show(context, group, current, planned);
        return ExitCode.Success;
    }

    private async Task<SortedDictionary<TopicPartition, long>> PlanAsync(CommandContext context, Cluster cluster, Dictionary<TopicPartition, CommittedOffset> current)
    {
        CancellationToken ct = context.Cancelled;
        List<TopicPartition> partitions = context.Get(_allTopics)
            ? [.. current.Keys.Order()]
            : await GroupTopics.ResolveAsync(cluster, context.Get(_topics)!, ct).ConfigureAwait(false);
        long? time = context.Get(_toTime) is { } at ? Offsets.OfTime(at)
            : context.Has(_byDuration) ? Offsets.OfTime(context.Time.GetUtcNow().ToUnixTimeMilliseconds() - (long)context.Get(_byDuration).TotalMilliseconds)
            : null;
        long of = context.Get(_toEarliest) ? Offsets.Earliest : time ?? Offsets.Latest;
        var found = await cluster.ListOffsetsAsync(partitions, of, ct).ConfigureAwait(false);
        // A time behind the last record has no offset: then it is the end.
        var ends = time is null ? found : await cluster.ListOffsetsAsync(partitions, Offsets.Latest, ct).ConfigureAwait(false);
        Dictionary<TopicPartition, long> wanted = partitions.ToDictionary(
            static p => p,
            p => context.Get(_toOffset) ?? (context.Get(_shiftBy) is { } shift ? Shift(p, current, shift)
                : context.Get(_toCurrent) && current.TryGetValue(p, out CommittedOffset set) ? set.Offset
                : found[p].Offset < 0 ? ends[p].Offset : found[p].Offset));
        return await WithinAsync(cluster, wanted, ct).ConfigureAwait(false);
    }

    private static long Shift(TopicPartition partition, Dictionary<TopicPartition, CommittedOffset> current, long by) => current.TryGetValue(partition, out CommittedOffset at)
        ? Math.Max(0, at.Offset + Math.Min(by, long.MaxValue - at.Offset))
        : throw new CommandException($"--shift-by needs an offset to begin with; the group has none in {partition}. Give --to-earliest or --to-latest.");

    /// <summary>An offset that is not there becomes the nearest one that is, as with Kafka's tool.</summary>
    private static async Task<SortedDictionary<TopicPartition, long>> WithinAsync(Cluster cluster, Dictionary<TopicPartition, long> wanted, CancellationToken ct)
    {
        var starts = await cluster.ListOffsetsAsync(wanted.Keys, Offsets.Earliest, ct).ConfigureAwait(false);
        var ends = await cluster.ListOffsetsAsync(wanted.Keys, Offsets.Latest, ct).ConfigureAwait(false);
        return new SortedDictionary<TopicPartition, long>(wanted.ToDictionary(static w => w.Key, w => Math.Clamp(w.Value, starts[w.Key].Offset, ends[w.Key].Offset)));
    }

    private static async Task RequireEmptyAsync(Cluster cluster, string group, CancellationToken ct)
    {
        try
        {
            GroupView view = await GroupView.LoadAsync(cluster, group, ct).ConfigureAwait(false);
            if (view.State is not ("Empty" or "Dead"))
            {
                throw new CommandException($"The group '{group}' is {view.State} with {view.Members.Count} members, whose commits would go over the new offsets. Stop them first.");
            }
        }
        catch (KafkaException exception) when (exception.Error == ErrorCode.GroupIdNotFound)
        {
            // A group that is to begin somewhere before it exists.
        }
    }

    private static Dictionary<TopicPartition, long> Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--from-file {path} cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }

        Dictionary<TopicPartition, long> offsets = [];
        foreach (string line in lines.Select(static l => l.Trim()).Where(static l => l.Length > 0))
        {
            // One in quotes is as Kafka's tool writes it.
            string[] parts = line.Replace("\"", "", StringComparison.Ordinal).Split(',');
            offsets[parts.Length == 3 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int partition) && long.TryParse(parts[2], CultureInfo.InvariantCulture, out long offset)
                ? new TopicPartition(parts[0], partition)
                : throw new CommandException($"--from-file {path} has the line '{line}'; it is to be topic,partition,offset.", ExitCode.Usage)] = offset;
        }

        return offsets;
    }

    private void Show(CommandContext context, string group, Dictionary<TopicPartition, CommittedOffset> current, SortedDictionary<TopicPartition, long> planned)
    {
        if (context.Get(_export))
        {
            foreach ((TopicPartition partition, long offset) in planned)
            {
                context.Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{partition.Topic},{partition.Partition},{offset}"));
            }

            return;
        }

        Table table = new(
            new("Group", "group"), new("Topic", "topic"), new("Partition", "partition", true), new("Offset", "offset", true), new("New offset", "newOffset", true), new("Set", "executed"));
        foreach ((TopicPartition partition, long offset) in planned)
        {
            table.Add(group, partition.Topic, partition.Partition, current.TryGetValue(partition, out CommittedOffset at) ? at.Offset : null, offset, context.Get(_execute));
        }

        context.Show(table);
        if (!context.Get(_execute) && !context.IsJson)
        {
            context.Say("Nothing was changed; --execute sets the new offsets.");
        }
    }

    private void Check(CommandContext context)
    {
        List<string> ways =
        [
            .. new Option[] { _toEarliest, _toLatest, _toCurrent, _toOffset, _shiftBy, _toTime, _byDuration, _file }.Where(context.Has).Select(static o => o.Name),
        ];
        if (ways.Count != 1)
        {
            string given = ways.Count == 0 ? "Where to?" : $"{string.Join(" and ", ways)} each say where to.";
            throw new CommandException(
                $"{given} Give one of --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, --by-duration and --from-file.", ExitCode.Usage);
        }

        if (context.Get(_execute) && context.Get(_dryRun))
        {
            throw new CommandException("--dry-run and --execute contradict each other; give one of them.", ExitCode.Usage);
        }

        if (context.Get(_file) is null && context.Get(_allTopics) == context.Get(_topics)!.Length > 0)
        {
            throw new CommandException("Of which topics? Give --topic, or --all-topics.", ExitCode.Usage);
        }
    }
}
