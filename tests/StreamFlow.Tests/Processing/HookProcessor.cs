using StreamFlow.Processing;

namespace StreamFlow.Tests.Processing;

/// <summary>A processor made of two functions, which have the context of its task at hand; hands every record on.</summary>
internal sealed class HookProcessor(
    string name, TaskContext task, Processor<string, string> next,
    Action<HookProcessor> init, Action<HookProcessor, Record<string, string>>? each)
    : Processor<string, string>(name)
{
    public TaskContext Task => task;

    public override void Init(TaskContext context) => init(this);

    public override void Process(in Record<string, string> record)
    {
        each?.Invoke(this, record);
        next.Process(in record);
    }

    public void Forward(string key, string value, long timestamp) => next.Process(new Record<string, string>(key, value, timestamp));

    public Punctuation Schedule(PunctuationType type, int milliseconds, Action<long> callback, long? start = null) =>
        task.Schedule(
            this, type, TimeSpan.FromMilliseconds(milliseconds), callback,
            start is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
}

internal static class HookExtensions
{
    public static KStream<string, string> Hook(
        this KStream<string, string> stream, Action<HookProcessor> init,
        Action<HookProcessor, Record<string, string>>? each = null) =>
        stream.Append("hook", "HOOK-", (name, task, next) => new HookProcessor(name, task, next, init, each));
}
