using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;

namespace StreamFlow.Samples;

/// <summary>The page of a sample: the files embedded in its assembly below <c>Assets/</c>, and those of all samples below <c>common/</c>.</summary>
internal static class SamplePage
{
    private const string Folder = "Assets/";

    /// <summary>Nothing from elsewhere, nothing inline, in nobody's frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Map(WebApplication app, Assembly sample)
    {
        var files = Files(sample, "/").Concat(Files(typeof(SamplePage).Assembly, "/common/")).ToFrozenDictionary();
        app.Use(async (context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments("/streamflow"))
            {
                context.Response.Headers.ContentSecurityPolicy = Policy;
                context.Response.Headers.XContentTypeOptions = "nosniff";
            }

            var path = context.Request.Path.Value is "/" ? "/index.html" : context.Request.Path.Value;
            if (HttpMethods.IsGet(context.Request.Method) && path is not null && files.TryGetValue(path, out var file))
            {
                context.Response.ContentType = file.Type;
                context.Response.Headers.CacheControl = "no-cache";
                await context.Response.Body.WriteAsync(file.Content);
                return;
            }

            await next(context);
        });
    }

    private static IEnumerable<KeyValuePair<string, (string Type, byte[] Content)>> Files(Assembly assembly, string root)
    {
        var types = new FileExtensionContentTypeProvider();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var content = new MemoryStream();
            stream.CopyTo(content);
            var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
            yield return new(root + name[Folder.Length..], (type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type, content.ToArray()));
        }
    }
}
