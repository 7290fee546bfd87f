namespace StreamFlow.Testing.Tests.Differential;

/// <content>Windows.</content>
internal sealed partial class ProgramTopology
{
    private void AddWindowed(string id, string name, string[] a, string[] parents) =>
        _windowed.Add(id, name switch
        {
            "wagg" => Windows(a, Group(a[4], parents[0])),
            "wfilter" => _windowed[parents[0]].Filter((k, v) => Functions.Test(a[0], k.Key, v)),
            "wsuppress" => _windowed[parents[0]].Suppress(Suppressed.UntilWindowCloses()),
            "wmap" => _windowed[parents[0]].MapValues(v => Functions.Change(a[0], v))!,
            _ => throw new ArgumentException(name),
        });

    // kind caching windows emit grouping
    private static KTable<Windowed<string>, string> Windows(string[] a, KGroupedStream<string, string> group)
    {
        var window = a[2].Split(':');
        var size = Milliseconds(window.Length > 1 ? window[1] : "1");
        var grace = Milliseconds(window.Length > 2 ? window[2] : "0");
        var emit = a[3] == "close" ? EmitStrategy.OnWindowClose : EmitStrategy.OnWindowUpdate;
        TimeSpan? retention = a[3] == "close" ? Kept : null;
        return window[0] switch
        {
            "session" => Sessions(a, group.WindowedBy(SessionWindows.Of(size, grace)).EmitStrategy(emit), retention),
            "sliding" => Sliding(a, group.WindowedBy(SlidingWindows.Of(size, grace)).EmitStrategy(emit), retention),
            "tumbling" => Times(a, group.WindowedBy(TumblingWindows.Of(size, grace)).EmitStrategy(emit), retention),
            "hopping" => Times(
                a, group.WindowedBy(HoppingWindows.Of(size, Milliseconds(window[3]), grace)).EmitStrategy(emit), retention),
            _ => Times(a, group.WindowedBy(UnlimitedWindows.Of()), retention),
        };
    }

    private static KTable<Windowed<string>, string> Times(
        string[] a, TimeWindowedKStream<string, string> windows, TimeSpan? retention) =>
        a[0] switch
        {
            "count" => windows.Count(Cached<long>(a[1]) with { Retention = retention }).MapValues(c => Functions.Number(c))!,
            "concat" => windows.Reduce(Functions.Concat, Cached<string>(a[1]) with { Retention = retention }),
            _ => windows.Aggregate<string>(
                () => null!, (_, v, sum) => Add(a[0], v, sum), Cached<string>(a[1]) with { Retention = retention }),
        };

    private static KTable<Windowed<string>, string> Sliding(
        string[] a, SlidingWindowedKStream<string, string> windows, TimeSpan? retention) =>
        a[0] switch
        {
            "count" => windows.Count(Cached<long>(a[1]) with { Retention = retention }).MapValues(c => Functions.Number(c))!,
            "concat" => windows.Reduce(Functions.Concat, Cached<string>(a[1]) with { Retention = retention }),
            _ => windows.Aggregate<string>(
                () => null!, (_, v, sum) => Add(a[0], v, sum), Cached<string>(a[1]) with { Retention = retention }),
        };

    private static KTable<Windowed<string>, string> Sessions(
        string[] a, SessionWindowedKStream<string, string> windows, TimeSpan? retention) =>
        a[0] switch
        {
            "count" => windows.Count(Cached<long>(a[1]) with { Retention = retention }).MapValues(c => Functions.Number(c))!,
            "concat" => windows.Reduce(Functions.Concat, Cached<string>(a[1]) with { Retention = retention }),
            _ => windows.Aggregate<string>(
                () => null!,
                (_, v, sum) => Add(a[0], v, sum),
                (_, one, other) => a[0] == "mix" ? Functions.MixedTogether(one, other) : Functions.Cut((one ?? "") + "&" + (other ?? "")),
                Cached<string>(a[1]) with { Retention = retention }),
        };

    private static string Add(string kind, string value, string? sum) =>
        kind == "mix" ? Functions.Mixed(value, sum) : Functions.Plus(value, sum);
}
