using System.Globalization;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Groups;

/// <summary>Partitions as Kafka's tools take them: a topic with all of its partitions, or <c>topic:0</c>.</summary>
internal static class GroupTopics
{
    /// <param name="cluster">Knows the partitions.</param>
    /// <param name="texts">Split at commas: a number belongs to the topic before it.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CommandException">One of them is no topic with numbers.</exception>
    public static async Task<List<TopicPartition>> ResolveAsync(Cluster cluster, IEnumerable<string> texts, CancellationToken ct)
    {
        List<(string Topic, List<int> Partitions)> wanted = [];
        foreach (string text in texts)
        {
            if (wanted.Count > 0 && wanted[^1].Partitions.Count > 0 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int more))
            {
                wanted[^1].Partitions.Add(more);
                continue;
            }

            string[] parts = text.Split(':');
            int number = 0;
            if (parts.Length > 2 || parts[0].Length == 0 || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number)))
            {
                throw new CommandException($"--topic is '{text}'; give a topic, or a topic and partitions as orders:0,1.", ExitCode.Usage);
            }

            wanted.Add((parts[0], parts.Length == 1 ? [] : [number]));
        }

        Dictionary<TopicPartition, int> known = await cluster.LeadersAsync([.. wanted.Select(static w => w.Topic).Distinct()], ct).ConfigureAwait(false);
        foreach (TopicPartition missing in wanted.SelectMany(static w => w.Partitions.Select(p => new TopicPartition(w.Topic, p))).Where(p => !known.ContainsKey(p)))
        {
            throw new KafkaException(Protocol.ErrorCode.UnknownTopicOrPartition, $"partition {missing.Partition} of topic '{missing.Topic}'");
        }

        return [.. known.Keys.Where(p => wanted.Exists(w => w.Topic == p.Topic && (w.Partitions.Count == 0 || w.Partitions.Contains(p.Partition)))).Order()];
    }
}
