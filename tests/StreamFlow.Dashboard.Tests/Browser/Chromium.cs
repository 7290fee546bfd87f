using Microsoft.Playwright;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>The machine's own Chromium: nothing is downloaded, and where there is none the tests that need it are skipped.</summary>
internal static class Chromium
{
    private static readonly string[] Places =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

    /// <summary>The path of the program, or null.</summary>
    public static string? Path { get; } =
        Environment.GetEnvironmentVariable("STREAMFLOW_CHROMIUM") ?? Places.FirstOrDefault(File.Exists);

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright) => await playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = Path,

        // Tests run as root in containers, where Chromium cannot put up its sandbox; it sees pages of this machine only.
        Args = ["--no-sandbox", "--disable-dev-shm-usage"],
    });
}
