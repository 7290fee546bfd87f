namespace StreamFlow.Processing;

/// <summary>What a transformer works with, which forwards nothing.</summary>
internal sealed class TransformContext(ProcessorHost host) : ProcessingContext(host);
