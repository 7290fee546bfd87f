using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Whether the keys of topics that others write lie where StreamFlow and Java put them, of one application. What its threads see of a
/// topic is judged together.
/// </summary>
internal sealed class KeyPlacements(StreamFlowOptions options, ApplicationMeter meter, WarningSet warnings, ILogger logger)
{
    private readonly ConcurrentDictionary<string, TopicPlacement> _topics = new(StringComparer.Ordinal);

    /// <summary>What looks at the keys of a partition; null where its place is no matter.</summary>
    /// <param name="subTopology">Reads it.</param>
    /// <param name="topic">The topic as in the plan.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="partitionCount">How many partitions the topic has.</param>
    public KeyPlacement? Of(SubTopology subTopology, SourceTopic topic, int partition, int partitionCount) =>
        options.PartitionerCheck == PartitionerCheck.Off || partitionCount < 2 || !subTopology.NeedsPlaceByKey(topic)
            ? null
            : new KeyPlacement(
                _topics.GetOrAdd(topic.Name, name => new TopicPlacement(name, meter.Application.Misplaced, Tell)), partition, partitionCount)
            {
                KeySuffix = topic.KeySuffix,
            };

    private void Tell(string warning)
    {
        if (options.PartitionerCheck == PartitionerCheck.Fail)
        {
            throw new TopologyException(warning);
        }

        if (warnings.TryAdd(warning, warning))
        {
            RuntimeLog.KeysMisplaced(logger, options.ApplicationId, warning);
        }
    }
}
