using System.Globalization;

namespace StreamFlow.Dashboard;

/// <summary>Answers questions to stores, a page of rows at a time.</summary>
internal static class RowsView
{
    /// <summary>Whoever wants rows further on asks for a range: each page reads over those before it.</summary>
    private const int SkippedAtMost = 1_000_000;

    /// <param name="view">The application.</param>
    /// <param name="name">The store.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="limit">How many rows at most.</param>
    /// <param name="page">Where the page before has ended; null for the first.</param>
    /// <exception cref="ApiException">The question is not understood, or cannot be answered now.</exception>
    public static RowsModel Of(HostedView view, string name, RowsQuery query, int limit, string? page)
    {
        var store = view.Application.Topology.SubTopologies.SelectMany(s => s.Stores).FirstOrDefault(s => s.Name == name)
            ?? throw ApiException.NotFound($"Application '{view.Hosted.Name}' has no store '{name}'.");
        if (store.KeyType is not { } key || store.ValueType is not { } value)
        {
            throw ApiException.BadRequest($"Store '{name}' is of a kind of its own, which the page cannot read.");
        }

        var source = (IRowSource)Activator.CreateInstance(typeof(RowSource<,>).MakeGenericType(key, value), view.Application.Stores, store)!;
        var skipped = Start(page);
        try
        {
            var (rows, isComplete) = Read(source, query with { Skipped = skipped }, limit + 1);
            return new RowsModel(
                [.. rows.Take(limit)],
                rows.Count > limit ? (skipped + limit).ToString(CultureInfo.InvariantCulture) : null,
                isComplete,
                "committed",
                view.Time.GetUtcNow());
        }
        catch (StoreQueryException exception)
        {
            throw ApiException.NotNow(exception.Message);
        }
        catch (StateStoreException exception)
        {
            // A row that the serde cannot read, most often: what is asked for may leave it out.
            throw ApiException.NotNow(exception.Message);
        }
    }

    /// <summary>What is here, when not all is: and it is told that it is not all.</summary>
    private static (List<RowModel> Rows, bool IsComplete) Read(IRowSource source, RowsQuery query, int count)
    {
        try
        {
            return (Take(source, query, new StoreQueryOptions { RequiresAllPartitions = true }, count), true);
        }
        catch (StoreQueryException exception) when (exception.Failure == StoreQueryFailure.NotHere && query.Query is not ("key" or "asOf"))
        {
            return (Take(source, query, new StoreQueryOptions(), count), false);
        }
    }

    private static List<RowModel> Take(IRowSource source, RowsQuery query, StoreQueryOptions options, int count) =>
        [.. source.Read(query, options).Take(count)];

    private static int Start(string? page) => page is null ? 0
        : int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? start <= SkippedAtMost ? start : throw ApiException.BadRequest(FormattableString.Invariant(
                $"page is {start}; rows are shown up to {SkippedAtMost}. Ask for a range or a prefix of the keys to see others."))
        : throw ApiException.BadRequest($"page is '{page}'; it is to be what nextPage of the page before was.");
}
