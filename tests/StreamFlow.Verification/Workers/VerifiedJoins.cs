namespace StreamFlow.Verification.Workers;

/// <summary>
/// The part of the topology that joins streams, cuts sessions and waits for windows to close, and joins tables by foreign key.
/// </summary>
internal static class VerifiedJoins
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(Trades.WindowMs);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(Trades.GraceMs);

    public static void Add(StreamsBuilder builder, KStream<string, string> input, KTable<string, string> accounts)
    {
        var trades = builder.Stream<string, string>(Trades.Topic);
        var orders = trades.Filter(static (_, value) => Trades.IsOrder(value));
        var payments = trades.Filter(static (_, value) => !Trades.IsOrder(value));
        AddStreamJoins(input, orders, payments);
        AddWindows(orders);

        // With a record cache an account may be answered with a region that is told to it once more at the commit.
        var regions = builder.Table<string, string>(
            Places.Regions,
            materialized: new Materialized<string, string> { Name = Places.RegionsStore, CachingEnabled = false });
        accounts.Join(
                regions,
                static (_, account) => Places.RegionOf(account),
                static (account, region) => $"{account}|{region}",
                new TableJoined<string, string, string>
                {
                    Name = Places.Placed,
                    Materialized = new Materialized<string, string> { Name = Places.PlacedStore, CachingEnabled = false },
                })
            .ToStream().To(Places.Placed);
    }

    private static void AddStreamJoins(
        KStream<string, string> input, KStream<string, string> orders, KStream<string, string> payments)
    {
        // Two topics may be far apart at times: each input and each payment has to meet all the same.
        input.Join(
                payments,
                static (value, payment) => $"{value}|{payment}",
                JoinWindows.Of(Window, TimeSpan.FromDays(1)),
                new StreamJoined<string, string, string> { StoreName = Trades.Paid })
            .To(Trades.Paid);
        orders.LeftJoin(
                payments,
                static (order, payment) => $"{order}|{(payment is { } found ? found.Value : Trades.None)}",
                JoinWindows.Of(Window, Grace),
                new StreamJoined<string, string, string> { StoreName = Trades.Settled })
            .To(Trades.Settled);
    }

    private static void AddWindows(KStream<string, string> orders)
    {
        var byUser = orders.GroupByKey();
        byUser.WindowedBy(SessionWindows.Of(TimeSpan.FromMilliseconds(Trades.GapMs), Grace))
            .Aggregate(
                static () => string.Empty,
                static (_, order, aggregate) => Trades.Next(aggregate, order),
                static (_, first, second) => Trades.Merge(first, second),
                new Materialized<string, string> { Name = Trades.Visits, CachingEnabled = false })
            .ToStream().To(Trades.Visits);
        var windows = byUser.WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(Trades.TallyMs), Grace));
        windows
            .EmitStrategy(EmitStrategy.OnWindowClose)
            .Aggregate(
                static () => string.Empty,
                static (_, order, aggregate) => Trades.Next(aggregate, order),
                new Materialized<string, string> { Name = Trades.Tally })
            .ToStream().To(Trades.Tally);
        windows
            .Aggregate(
                static () => string.Empty,
                static (_, order, aggregate) => Trades.Next(aggregate, order),
                new Materialized<string, string> { Name = Trades.HeldWindows, CachingEnabled = false })
            .Suppress(Suppressed.UntilWindowCloses() with { Name = Trades.Held })
            .ToStream().To(Trades.Held);
    }
}
