namespace StreamFlow.Dashboard;

/// <summary>What a store is asked.</summary>
internal sealed record RowsQuery
{
    /// <summary><c>key</c>, <c>range</c>, <c>prefix</c>, <c>window</c>, <c>session</c>, <c>asOf</c> or <c>all</c>.</summary>
    public required string Query { get; init; }

    public string? Key { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }

    public string? Prefix { get; init; }

    /// <summary>Milliseconds since 1970-01-01T00:00Z.</summary>
    public long? TimeFrom { get; init; }

    public long? TimeTo { get; init; }

    public long? At { get; init; }

    public bool Reverse { get; init; }

    /// <summary>Rows of pages before: they are not made into anything that could be shown.</summary>
    public int Skipped { get; init; }

    /// <summary>Ends reading: nobody waits any more.</summary>
    public CancellationToken Aborted { get; init; }

    /// <exception cref="ApiException">The parameter is not given.</exception>
    public static string Needed(string name, string? value) =>
        value ?? throw ApiException.BadRequest($"{name} is missing: the query needs it.");
}

/// <summary>Reads rows of a store whose types are known when it runs.</summary>
internal interface IRowSource
{
    /// <param name="query">What is asked.</param>
    /// <param name="options">How it is read.</param>
    IEnumerable<RowModel> Read(RowsQuery query, StoreQueryOptions options);
}
