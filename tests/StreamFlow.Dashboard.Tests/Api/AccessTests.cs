using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Who is answered, and what with.</summary>
public sealed class AccessTests
{
    private const string Applications = "/streamflow/api/v1/applications";

    [Fact]
    public async Task A_host_that_others_reach_does_not_start_without_a_policy()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PageHost.StartAsync(
            configure: builder => builder.WebHost.UseUrls("http://0.0.0.0:0")));

        Assert.Contains("no authorization policy", error.Message, StringComparison.Ordinal);
        Assert.Contains("http://0.0.0.0:", error.Message, StringComparison.Ordinal);
        Assert.Contains("DashboardOptions.Policy", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_a_policy_it_starts_and_only_whoever_meets_it_is_answered(bool byOption)
    {
        await using var host = await PageHost.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                var page = app.MapStreamFlow("/streamflow", new DashboardOptions { Policy = byOption ? "operators" : null });
                if (!byOption)
                {
                    page.RequireAuthorization("operators");
                }
            },
            builder =>
            {
                builder.WebHost.UseUrls("http://0.0.0.0:0");
                builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, ByHeader>("test", null);
                builder.Services.AddAuthorizationBuilder().AddPolicy("operators", policy => policy.RequireAuthenticatedUser());
            });

        using var stranger = await host.Client.GetAsync(new Uri(Applications, UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);

        using var request = new HttpRequestMessage(HttpMethod.Get, Applications);
        request.Headers.Add("X-User", "ann");
        request.Headers.Host = "streamflow.example.com";
        using var known = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }

    [Theory]
    [InlineData("Host", "attacker.example.com", HttpStatusCode.Forbidden)]
    [InlineData("Host", "localhost.attacker.example.com", HttpStatusCode.Forbidden)]
    [InlineData("X-Forwarded-For", "10.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Forwarded", "for=10.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Via", "1.1 proxy", HttpStatusCode.Forbidden)]
    [InlineData("X-Forwarded-Proto", "https", HttpStatusCode.Forbidden)]
    [InlineData("X-Original-For", "10.0.0.1:5000", HttpStatusCode.Forbidden)]
    [InlineData("Host", "localhost", HttpStatusCode.OK)]
    [InlineData("Host", "[::1]", HttpStatusCode.OK)]
    public async Task Without_a_policy_only_this_machine_by_its_own_names_is_answered(string header, string value, HttpStatusCode expected)
    {
        await using var host = await PageHost.StartAsync();
        foreach (var path in new[] { Applications, "/streamflow/", "/streamflow/assets/index.html" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await host.Client.SendAsync(request);
            Assert.Equal(expected, response.StatusCode);
            if (expected == HttpStatusCode.Forbidden)
            {
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
                Assert.Contains("DashboardOptions.Policy", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(Applications, "cross-site", HttpStatusCode.Forbidden)]
    [InlineData(Applications, "same-site", HttpStatusCode.Forbidden)]
    [InlineData(Applications, "same-origin", HttpStatusCode.OK)]
    [InlineData(Applications, "none", HttpStatusCode.OK)]
    [InlineData("/streamflow/", "cross-site", HttpStatusCode.OK)]
    public async Task Data_that_another_site_asks_for_is_refused_and_a_link_to_the_page_is_not(string path, string site, HttpStatusCode expected)
    {
        await using var host = await PageHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task The_page_has_headers_that_let_nothing_else_in()
    {
        await using var host = await PageHost.StartAsync();
        using var moved = await new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }).GetAsync(new Uri(host.Address, "/streamflow"));
        Assert.Equal("streamflow/", moved.Headers.Location?.ToString());

        using var page = await host.Client.GetAsync(new Uri("/streamflow/", UriKind.Relative));
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/streamflow/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        using var same = await host.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);

        using var packed = new HttpRequestMessage(HttpMethod.Get, "/streamflow/assets/index.html");
        packed.Headers.Add("Accept-Encoding", "gzip, br");
        using var brotli = await host.Client.SendAsync(packed);
        Assert.Equal("br", Assert.Single(brotli.Content.Headers.ContentEncoding));
        await using var unpacked = new System.IO.Compression.BrotliStream(
            await brotli.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        using var text = new StreamReader(unpacked);
        Assert.Equal(await page.Content.ReadAsStringAsync(), await text.ReadToEndAsync());
    }

    [Fact]
    public async Task What_is_not_there_is_a_problem_that_says_what_is()
    {
        await using var host = await PageHost.StartAsync();

        using var response = await host.Client.GetAsync(new Uri("/streamflow/api/v1/applications/other", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(PageHost.Application, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private sealed class ByHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers.TryGetValue("X-User", out var user)
                ? AuthenticateResult.Success(new AuthenticationTicket(
                    new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity(
                        [new System.Security.Claims.Claim(System.Security.Claims.ClaimTypes.Name, user.ToString())], "test")),
                    "test"))
                : AuthenticateResult.NoResult());
    }
}
