using System.Globalization;

namespace StreamFlow.Dashboard;

/// <summary>What a measurement is about: the tags of <c>docs/reference/metrics.md</c> that the page knows.</summary>
internal readonly record struct ReadingTags
{
    public string? Task { get; init; }

    public string? Operator { get; init; }

    public string? Topic { get; init; }

    public int Partition { get; init; }

    public string? Store { get; init; }

    public string? Thread { get; init; }

    /// <summary>The tag that tells kinds of one thing apart: phase, reason or result.</summary>
    public string? What { get; init; }

    public static ReadingTags Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var read = new ReadingTags();
        foreach (var (name, value) in tags)
        {
            read = name switch
            {
                "streamflow.task.id" => read with { Task = value as string },
                "operator" => read with { Operator = value as string },
                "topic" => read with { Topic = value as string },
                "partition" => read with { Partition = Convert.ToInt32(value, CultureInfo.InvariantCulture) },
                "store" => read with { Store = value as string },
                "thread" => read with { Thread = value as string },
                "phase" or "reason" or "result" => read with { What = value as string },
                _ => read,
            };
        }

        return read;
    }
}

/// <summary>A measurement that was asked for.</summary>
/// <param name="Instrument">Its instrument.</param>
/// <param name="Tags">What it is about.</param>
/// <param name="Value">The value.</param>
internal readonly record struct Reading(string Instrument, ReadingTags Tags, double Value);
