namespace StreamFlow.Dashboard;

/// <summary>A parameter of a request's query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is.</param>
/// <param name="Type">Its type in JSON schema.</param>
internal sealed record ApiParameter(string Name, string Description, string Type = "string");

/// <summary>A request that the API answers: what is mapped and what is described are made of the same.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path below <c>api/v1</c>, with its variables in braces.</param>
/// <param name="Summary">What it answers.</param>
internal sealed record ApiRoute(string Method, string Path, string Summary)
{
    public IReadOnlyList<ApiParameter> Query { get; init; } = [];

    /// <summary>Type of the body that it takes; null for none.</summary>
    public Type? Body { get; init; }

    /// <summary>Type of what it answers; null where it writes the answer itself.</summary>
    public Type? Answer { get; init; }

    /// <summary>Type of the content of an answer that it writes itself.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The status of an answer.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Answers; null when the answer is written already.</summary>
    public required Func<ApiCall, Task<object?>> Handle { get; init; }

    /// <summary>A request that is answered at once.</summary>
    public static ApiRoute Get<T>(string path, string summary, Func<ApiCall, T> answer)
        where T : class =>
        new("GET", path, summary) { Answer = typeof(T), Handle = call => Task.FromResult<object?>(answer(call)) };

    /// <summary>A request whose answer takes a while.</summary>
    public static ApiRoute GetAsync<T>(string path, string summary, Func<ApiCall, Task<T>> answer)
        where T : class =>
        new("GET", path, summary) { Answer = typeof(T), Handle = async call => await answer(call).ConfigureAwait(false) };
}
