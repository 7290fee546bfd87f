using System.Runtime.InteropServices;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>The sample as a native program: nothing of it, or of what it stands on, needs what trimming takes away.</summary>
[Collection(nameof(Dotnet))]
public sealed class NativeAotTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task The_sample_publishes_without_warnings_and_balances_its_books()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the native tool chain is looked for on Linux only");
        ExternalTool.Require("clang", "--version");
        Dotnet.Export(_folder.Path, "src", "samples", "eng/BannedSymbols.txt", "eng/StreamFlow.Protocol.Generator");

        var published = await Dotnet.RunAsync(
            Path.Combine(_folder.Path, "samples", "OrderCounts"), "publish", "-c", "Release", "-r",
            RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true", "-o", Path.Combine(_folder.Path, "native"));
        var (exitCode, output) = await ExternalTool.RunAsync(
            Path.Combine(_folder.Path, "native", "OrderCounts"), ["--orders", "5000", "--plain"]);

        Assert.DoesNotContain("warning", published, StringComparison.Ordinal);
        Assert.True(exitCode == 0, output);
        Assert.Contains("\nBALANCED", output, StringComparison.Ordinal);
    }
}
