using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace StreamFlow.Dashboard;

/// <summary>
/// The API described as OpenAPI 3.1, made of the routes and of the types that they answer with. The generator of ASP.NET Core has to be
/// among the host's services before it is built, which a page that is mapped into somebody else's host cannot ask for.
/// </summary>
internal static partial class OpenApiDocument
{
    private static readonly Lazy<byte[]> Bytes = new(() => JsonSerializer.SerializeToUtf8Bytes(Make()));

    public static async Task<object?> WriteAsync(ApiCall call)
    {
        call.Context.Response.ContentType = "application/json";
        await call.Context.Response.Body.WriteAsync(Bytes.Value, call.Aborted).ConfigureAwait(false);
        return null;
    }

    private static JsonObject Make()
    {
        var paths = new JsonObject();
        foreach (var route in ApiRoutes.All)
        {
            var path = "/" + route.Path;
            if (paths[path] is not JsonObject methods)
            {
                paths[path] = methods = [];
            }

            methods[route.Method == "GET" ? "get" : "post"] = Describe(route);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "StreamFlow", ["version"] = "v1" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "." }),
            ["paths"] = paths,
        };
    }

    private static JsonObject Describe(ApiRoute route)
    {
        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["parameters"] = new JsonArray(
            [
                .. Variable().Matches(route.Path).Select(v => Parameter("path", v.Groups[1].Value, "Part of the path.", "string")),
                .. route.Query.Select(q => Parameter("query", q.Name, q.Description, q.Type)),
            ]),
            ["responses"] = new JsonObject
            {
                [route.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new JsonObject
                {
                    ["description"] = route.Summary,
                    ["content"] = Content(route.ContentType, route.Answer),
                },
                ["default"] = new JsonObject
                {
                    ["description"] = "Why it is not answered (RFC 9457).",
                    ["content"] = Content("application/problem+json", typeof(ProblemDocument)),
                },
            },
        };
        if (route.Body is { } body)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", body) };
        }

        return operation;
    }

    private static JsonObject Content(string type, Type? answer) => new()
    {
        [type] = new JsonObject { ["schema"] = answer is null ? new JsonObject() : ApiJson.Options.GetJsonSchemaAsNode(answer) },
    };

    private static JsonObject Parameter(string place, string name, string description, string type) => new()
    {
        ["in"] = place,
        ["name"] = name,
        ["required"] = place == "path",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = type },
    };

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Variable();
}

/// <summary>Why a request is not answered (RFC 9457).</summary>
internal sealed record ProblemDocument(string Title, int Status, string Detail);
