using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace StreamFlow.Dashboard;

/// <summary>The files of the page, compressed once when the page is mapped.</summary>
internal sealed class AssetFiles
{
    private const string Prefix = "assets/";

    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".ico"] = "image/x-icon",
    };

    private readonly Dictionary<string, Asset> _assets = Load();

    /// <summary>Names of all files.</summary>
    public IReadOnlyCollection<string> Names => _assets.Keys;

    /// <exception cref="ApiException">There is no such file.</exception>
    public async Task WriteAsync(HttpContext context, string name)
    {
        if (!_assets.TryGetValue(name, out var asset))
        {
            throw ApiException.NotFound($"The page has no file '{name}'.");
        }

        var (headers, (encoding, bytes)) = (context.Response.Headers, asset.For(context.Request));
        headers.ETag = asset.Tag;
        headers.CacheControl = "no-cache";
        headers.Vary = "Accept-Encoding";
        context.Response.ContentType = asset.Type;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(asset.Tag, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (encoding is not null)
        {
            headers.ContentEncoding = encoding;
        }

        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static Dictionary<string, Asset> Load()
    {
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        var assembly = typeof(AssetFiles).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(r => r.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var name = resource[Prefix.Length..];
            assets.Add(name, new Asset(Types.GetValueOrDefault(Path.GetExtension(name), "application/octet-stream"), bytes));
        }

        return assets;
    }

    private sealed class Asset(string type, byte[] bytes)
    {
        private readonly byte[] _gzip = Compressed(bytes, to => new GZipStream(to, CompressionLevel.SmallestSize, leaveOpen: true));
        private readonly byte[] _brotli = Compressed(bytes, to => new BrotliStream(to, CompressionLevel.SmallestSize, leaveOpen: true));

        public string Type => type;

        public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"";

        public (string? Encoding, byte[] Bytes) For(HttpRequest request)
        {
            var accepted = StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var values)
                ? values.Where(v => v.Quality is not 0).Select(v => v.Value.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase)
                : [];
            return accepted.Contains("br") ? ("br", _brotli) : accepted.Contains("gzip") ? ("gzip", _gzip) : (null, bytes);
        }

        private static byte[] Compressed(byte[] bytes, Func<Stream, Stream> compress)
        {
            using var to = new MemoryStream();
            using (var compressor = compress(to))
            {
                compressor.Write(bytes);
            }

            return to.ToArray();
        }
    }
}
