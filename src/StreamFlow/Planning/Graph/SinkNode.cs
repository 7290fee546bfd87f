using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>Where a sink writes, as far as its types do not matter.</summary>
/// <param name="Topic">The topic; <see langword="null"/> when each record chooses.</param>
/// <param name="Repartition">The repartition topic it writes, or <see langword="null"/> for one of the user's.</param>
internal sealed record SinkTarget(string? Topic, RepartitionTopic? Repartition);

/// <summary>A node that writes to a topic.</summary>
internal sealed class SinkNode<TKey, TValue> : InputNode<TKey, TValue>
{
    private readonly StreamSerdes<TKey, TValue> _serdes;
    private readonly TopicNameExtractor<TKey, TValue>? _chooser;
    private readonly StreamPartitioner<TKey, TValue>? _partitioner;
    private ISerde<TKey>? _keySerde;
    private ISerde<TValue>? _valueSerde;

    public SinkNode(
        string name, Output<TKey, TValue> input, SinkTarget target, TopicNameExtractor<TKey, TValue>? chooser,
        StreamSerdes<TKey, TValue> serdes, StreamPartitioner<TKey, TValue>? partitioner)
        : this(name, [input], target, chooser, serdes, partitioner)
    {
    }

    public SinkNode(
        string name, IReadOnlyList<Output<TKey, TValue>> inputs, SinkTarget target,
        TopicNameExtractor<TKey, TValue>? chooser, StreamSerdes<TKey, TValue> serdes,
        StreamPartitioner<TKey, TValue>? partitioner)
        : base(name, NodeKind.Sink, inputs)
    {
        Target = target;
        _chooser = chooser;
        _serdes = serdes;
        _partitioner = partitioner;
    }

    public override SinkTarget Target { get; }

    /// <summary>The serdes that it writes with, once they are bound.</summary>
    public (ISerde<TKey> Keys, ISerde<TValue> Values) Serdes => (_keySerde!, _valueSerde!);

    public override IReadOnlyList<Output> Outputs => [];

    private string Destination =>
        Target.Topic is { } topic ? $"topic: {topic}" : $"extractor class: {_chooser!.Method.Name}";

    public override string Detail(IEnumerable<StoreBuilder> stores) => Destination;

    public override void Bind(SerdeRegistry serdes)
    {
        _keySerde = _serdes.Keys.Resolve(serdes, $"the keys of {Name} ({Destination})");
        _valueSerde = _serdes.Values.Resolve(serdes, $"the values of {Name} ({Destination})");
    }

    public override Processor<TKey, TValue> CreateProcessor(TaskLinker linker)
    {
        var format = new SinkFormat<TKey, TValue>(
            _keySerde!, _valueSerde!, _partitioner, IsInternal: Target.Repartition is not null);
        if (Target.Topic is not { } topic)
        {
            return new SinkProcessor<TKey, TValue>(Name, linker.Task, format, _chooser!);
        }

        var name = Target.Repartition is null ? topic : InternalTopics.NameOf(linker.Task.ApplicationId, topic);
        return new SinkProcessor<TKey, TValue>(Name, linker.Task, format, name);
    }
}
