using System.CommandLine;
using System.Text.Json;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics delete-records: everything before an offset.</summary>
internal sealed class TopicsDeleteRecords
{
    private readonly Argument<string?> _topic = new("topic") { Description = "The topic, unless --from-file names partitions", Arity = ArgumentArity.ZeroOrOne, HelpName = "topic" };
    private readonly Option<int?> _partition = Values.Number("--partition", 0, int.MaxValue, "Only this partition (default: all)");
    private readonly Option<long?> _before = Values.LongNumber("--before", 0, long.MaxValue, "Delete what is before this offset (default: everything)", "offset");
    private readonly Option<string?> _file = new("--from-file") { Description = "Partitions and offsets in the JSON of kafka-delete-records.sh", HelpName = "file" };

    public static Command Create(Surroundings surroundings)
    {
        TopicsDeleteRecords command = new();
        return CommandParts.Leaf(
            "delete-records", "Delete the records of partitions before an offset",
            ["streamflow topics delete-records orders --partition 0 --before 1000", "streamflow topics delete-records --from-file offsets.json"],
            [command._topic, command._partition, command._before, command._file], surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        await using Cluster cluster = context.Connect();
        Dictionary<TopicPartition, long> offsets = context.Get(_file) is { } file ? Read(file) : await OfTopicAsync(context, cluster).ConfigureAwait(false);
        Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([.. offsets.Keys.Select(static p => p.Topic).Distinct()], context.Cancelled).ConfigureAwait(false);
        Table table = new(new("Topic", "topic"), new("Partition", "partition", true), new("Start", "startOffset", true), new("Error", "error"));
        List<string> failures = [];
        foreach (IGrouping<int, TopicPartition> node in offsets.Keys.GroupBy(p => leaders.TryGetValue(p, out int id)
            ? id
            : throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"partition {p.Partition} of topic '{p.Topic}'")))
        {
            BrokerConnection connection = await cluster.NodeAsync(node.Key, context.Cancelled).ConfigureAwait(false);
            DeleteRecordsResponse response = await connection.SendAsync(Request(node, offsets), context.Cancelled).ConfigureAwait(false);
            foreach ((string topic, DeleteRecordsResponsePartitions p) in response.Topics.SelectMany(static t => t.Partitions.Select(p => (t.Name, p))))
            {
                bool isDone = p.ErrorCode == ErrorCode.None;
                table.Add(topic, p.PartitionIndex, p.LowWatermark < 0 ? null : p.LowWatermark, isDone ? null : Kafka.NameOf(p.ErrorCode));
                if (!isDone)
                {
                    failures.Add(Kafka.Describe($"records of {topic}-{p.PartitionIndex} before {offsets[new TopicPartition(topic, p.PartitionIndex)]}", p.ErrorCode, null));
                }
            }
        }

        context.Show(table);
        failures.ForEach(failure => context.Say($"error: {failure}"));
        return failures.Count == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private async Task<Dictionary<TopicPartition, long>> OfTopicAsync(CommandContext context, Cluster cluster)
    {
        string topic = context.Parsed.GetValue(_topic)
            ?? throw new CommandException("Which records? Give a topic, or --from-file.", ExitCode.Usage);
        Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([topic], context.Cancelled).ConfigureAwait(false);
        // -1 stands for the end.
        return leaders.Keys.Where(p => context.Get(_partition) is not { } one || p.Partition == one).ToDictionary(static p => p, _ => context.Get(_before) ?? -1L)
            is { Count: > 0 } found
            ? found
            : throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"partition {context.Get(_partition)} of topic '{topic}'");
    }

    private static Dictionary<TopicPartition, long> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.GetProperty("partitions").EnumerateArray().ToDictionary(
                static e => new TopicPartition(e.GetProperty("topic").GetString()!, e.GetProperty("partition").GetInt32()), static e => e.GetProperty("offset").GetInt64());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CommandException(
                $"--from-file {path} cannot be used: {exception.Message} It is to be {{\"partitions\":[{{\"topic\":\"t\",\"partition\":0,\"offset\":3}}],\"version\":1}}.",
                ExitCode.Usage, exception);
        }
    }

    private static DeleteRecordsRequest Request(IEnumerable<TopicPartition> partitions, Dictionary<TopicPartition, long> offsets) => new()
    {
        TimeoutMs = 30_000,
        Topics =
        [
            .. partitions.GroupBy(static p => p.Topic).Select(topic => new DeleteRecordsRequestTopics
            {
                Name = topic.Key,
                Partitions = [.. topic.Select(p => new DeleteRecordsRequestPartitions { PartitionIndex = p.Partition, Offset = offsets[p] })],
            }),
        ],
    };
}
