using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <content>Operators that are replaced where the order of their records is not certain.</content>
internal sealed partial class CertainProgram
{
    /// <summary>An aggregate that sums up what it gets: the order does not show.</summary>
    private const string Mix = "mix";

    private static Certainty Grouped(Certainty stream, string grouping) =>
        grouping == "-" ? stream.Repartitioned() : stream.WithNewKeys().Through();

    private Certainty Aggregated(ProgramNode node, Certainty stream)
    {
        var group = Grouped(OfEach(stream), node.Arguments[2]);
        if (group.Same != Sameness.Bag)
        {
            return Kept(group);
        }

        Replace(node, [Unordered(node.Arguments[0]), node.Arguments[1], node.Arguments[2]]);
        return group.AtMost(Sameness.Last);
    }

    private Certainty Cogrouped(ProgramNode node, Certainty[] streams)
    {
        var (one, other) = (Grouped(OfEach(streams[0]), node.Arguments[1]), Grouped(OfEach(streams[1]), node.Arguments[2]));
        if (one.Same == Sameness.None || other.Same == Sameness.None)
        {
            return Certainty.None;
        }

        var both = Merged(one, other);
        if (both.Same == Sameness.Task)
        {
            return Kept(both);
        }

        Replace(node, [.. node.Arguments, Mix]);
        return both.AtMost(Sameness.Last);
    }

    /// <summary>
    /// Each change of a row takes it out of one group and puts it into another; the groups it was in between depend on the
    /// order of its changes, and with them the times of groups.
    /// </summary>
    private Certainty Regrouped(ProgramNode node, Certainty table)
    {
        Replace(node, [Unordered(node.Arguments[0]), node.Arguments[1], node.Arguments[2]]);
        return new(Sameness.Last) { HasTimes = false, HasHeaders = false, IsHeldBack = table.IsHeldBack };
    }

    private Certainty Windowed(ProgramNode node, Certainty stream)
    {
        var a = node.Arguments;
        var (isFinal, group) = (a[3] == "close", Grouped(OfEach(stream), a[4]));
        if (group.Same == Sameness.Task)
        {
            return isFinal ? group with { IsHeldBack = true } : Kept(group);
        }

        if (group.Same == Sameness.None || (group.IsHeldBack && a[2] != "unlimited"))
        {
            return Certainty.None;
        }

        Replace(node, [group.Same == Sameness.Bag ? Unordered(a[0]) : a[0], a[1], Patient(a[2]), a[3], a[4]]);
        if (isFinal)
        {
            return group with { Same = Sameness.Keyed, HasHeaders = false, IsHeldBack = true };
        }

        return group.Same == Sameness.Bag ? group.AtMost(Sameness.Last) : Kept(group);
    }

    /// <summary>One result for each window, when it is closed; what came before does not show.</summary>
    private static Certainty Final(Certainty windows) =>
        windows.Same == Sameness.Task
            ? windows with { IsHeldBack = true }
            : windows.IsHeldBack || windows.HasDeletions
                ? Certainty.None
                : windows with { Same = Sameness.Keyed, HasHeaders = false, IsHeldBack = true };

    private Certainty StreamsJoined(ProgramNode node, Certainty[] streams)
    {
        var (one, other) = (OfEach(streams[0]).Repartitioned(), OfEach(streams[1]).Repartitioned());
        var (isTask, waits) = (one.Same == Sameness.Task && other.Same == Sameness.Task, node.Arguments[0] != "inner");
        if (one.Same == Sameness.None || other.Same == Sameness.None || (!isTask && (one.IsHeldBack || other.IsHeldBack)))
        {
            return Certainty.None;
        }

        if (isTask)
        {
            return one with { IsHeldBack = one.IsHeldBack || other.IsHeldBack || waits };
        }

        var a = node.Arguments;
        Replace(node, [a[0], a[1], a[2], Grace.ToString(CultureInfo.InvariantCulture)]);
        return new(Sameness.Bag) { HasHeaders = false, IsHeldBack = waits };
    }

    private static string Unordered(string kind) => kind switch { "count" or "max" => kind, "fall" => "max", _ => Mix };

    private static string Patient(string window)
    {
        var parts = window.Split(':');
        if (parts.Length > 2)
        {
            parts[2] = Grace.ToString(CultureInfo.InvariantCulture);
        }

        return string.Join(':', parts);
    }

    private void Replace(ProgramNode node, string[] arguments) => _nodes[^1] = node with { Arguments = arguments };
}
