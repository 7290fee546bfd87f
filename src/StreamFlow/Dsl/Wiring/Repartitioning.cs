using System.Text.RegularExpressions;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>The serdes of a stream, wherever they come from.</summary>
internal sealed record StreamSerdes<TKey, TValue>(SerdeSource<TKey> Keys, SerdeSource<TValue> Values);

/// <summary>The names of a repartition topic and its nodes.</summary>
internal sealed record RepartitionNames(string Topic, string Filter, string Sink, string Source);

/// <summary>
/// Sends a stream through a topic, so that records of one key meet in one partition: a filter that leaves out records
/// without a key where nobody takes them, a sink, and in the next sub-topology a source. Names follow Kafka Streams to the number.
/// </summary>
internal static partial class Repartitioning
{
    public static RepartitionNames Names(TopologyGraph graph, string baseName)
    {
        var topic = baseName.EndsWith(InternalTopics.RepartitionSuffix, StringComparison.Ordinal)
            ? baseName
            : baseName + InternalTopics.RepartitionSuffix;
        ResourceName.Check(topic);

        // Three numbers are used up in any case, in this order.
        var sink = graph.NodeName(null, "KSTREAM-SINK-");
        var filter = graph.NodeName(null, "KSTREAM-FILTER-");
        var source = graph.NodeName(null, "KSTREAM-SOURCE-");
        return GeneratedTopic().IsMatch(topic)
            ? new RepartitionNames(topic, filter, sink, source)
            : new RepartitionNames(topic, topic + "-filter", topic + "-sink", topic + "-source");
    }

    public static Output<TKey, TValue> Add<TKey, TValue>(
        TopologyGraph graph, Output<TKey, TValue> input, RepartitionNames names, StreamSerdes<TKey, TValue> serdes,
        int? partitionCount = null, StreamPartitioner<TKey, TValue>? partitioner = null)
    {
        OperatorNode<TKey, TValue, TKey, TValue>? filter = null;
        filter = new OperatorNode<TKey, TValue, TKey, TValue>(names.Filter, [input], (name, task, next) =>
            new KeyFilter<TKey, TValue>(name, task, next, passesMissingKeys: filter!.LeadsMissingKeysOn));
        graph.Add(filter);
        graph.Add(new SinkNode<TKey, TValue>(
            names.Sink,
            filter.Output,
            new SinkTarget(names.Topic, new RepartitionTopic(names.Topic, partitionCount)),
            chooser: null,
            serdes.Keys,
            serdes.Values,
            partitioner));
        var source = new SourceNode<TKey, TValue>(
            names.Source,
            [names.Topic],
            SourceKind.Repartition,
            OffsetReset.Earliest,
            serdes.Keys,
            serdes.Values,
            new SourceTime<TKey, TValue>(null, InvalidTimestampPolicy.Fail));
        graph.Add(source);
        return source.Output;
    }

    [GeneratedRegex("^KSTREAM.*-[0-9]{10}-repartition$", RegexOptions.CultureInvariant)]
    private static partial Regex GeneratedTopic();
}

/// <summary>
/// Leaves out records without a key, which belong to no group; counted, so that they are not missed in silence. They pass
/// where a left join is further down, because it has results for them; who else is there drops them then.
/// </summary>
internal sealed class KeyFilter<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly bool _passesMissingKeys;

    public KeyFilter(string name, TaskContext task, Processor<TKey, TValue> next, bool passesMissingKeys)
        : base(name)
    {
        _task = task;
        _next = next;
        _passesMissingKeys = passesMissingKeys;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.HasKey || _passesMissingKeys)
        {
            _next.Process(in record);
        }
        else
        {
            _task.Drop(DropReason.NullKey, this);
        }
    }
}
