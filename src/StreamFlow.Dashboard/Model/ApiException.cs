namespace StreamFlow.Dashboard;

/// <summary>A request that cannot be answered, and why; it becomes an RFC 9457 problem.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="title">What is wrong, in a few words.</param>
/// <param name="detail">Names the value and the remedy.</param>
internal sealed class ApiException(int status, string title, string detail) : Exception(detail)
{
    public int Status => status;

    public string Title => title;

    public static ApiException BadRequest(string detail) => new(400, "The request is not understood.", detail);

    public static ApiException NotFound(string detail) => new(404, "There is no such thing.", detail);

    public static ApiException NotNow(string detail) => new(409, "That cannot be told now.", detail);

    public static ApiException Forbidden(string detail) => new(403, "That is not allowed.", detail);
}
