using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace StreamFlow.Dashboard;

/// <summary>Answers about dead letters.</summary>
internal static class LetterAnswers
{
    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        new("reason", "Only letters of this reason."),
        new("operator", "Only letters of this operator."),
        new("limit", "How many letters at most, 1 to 500; 50.", "integer"),
        new("page", "What nextPage was."),
    ];

    public static Task<LettersModel> ListAsync(ApiCall call) => call.Application.Letters.ReadAsync(
        call.Text("reason"), call.Text("operator"), call.Limit, call.Text("page"), call.Aborted);

    public static ReplayModel Replay(ApiCall call) => call.Application.Replays.Find(call.Segment("replay")).ToModel();

    public static async Task<object?> ReplayAsync(ApiCall call)
    {
        call.RequireActions();
        var (application, request) = (call.Application, await BodyAsync(call).ConfigureAwait(false));
        if (request is { Ids: not null, Reason: not null } or { Ids: not null, Operator: not null } or { Ids.Count: 0 })
        {
            throw ApiException.BadRequest("Give either ids, at least one, or reason and operator; {} means all letters.");
        }

        if (request.Ids?.Any(id => id is null) == true)
        {
            throw ApiException.BadRequest("One of the ids is null; each is to be the id of a letter, such as 0-12.");
        }

        var entries = await application.Letters.FindAsync(request, call.Aborted).ConfigureAwait(false);
        call.LogAction("a replay", request.Ids is { } ids
            ? $"letters {string.Join(", ", ids.Take(20))}{(ids.Count > 20 ? $" and {ids.Count - 20} more" : string.Empty)}"
            : $"{entries.Count} letters of reason '{request.Reason ?? "any"}' and operator '{request.Operator ?? "any"}'");
        return new ReplayStartedModel(application.Replays.Start(entries).Id);
    }

    private static async Task<ReplayRequest> BodyAsync(ApiCall call)
    {
        try
        {
            return await call.Context.Request.ReadFromJsonAsync<ReplayRequest>(ApiJson.Options, call.Aborted).ConfigureAwait(false)
                ?? throw ApiException.BadRequest("The body is null; it is to be an object.");
        }
        catch (JsonException exception)
        {
            throw ApiException.BadRequest($"The body is not JSON of ids, or of reason and operator: {exception.Message}");
        }
        catch (InvalidOperationException exception)
        {
            // The charset is one that nobody knows.
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The request is not understood.", $"Send the body in UTF-8: {exception.Message}");
        }
    }
}
