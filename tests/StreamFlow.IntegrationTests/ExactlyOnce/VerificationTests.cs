using System.Diagnostics;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.ExactlyOnce;

/// <summary>
/// The short version of <c>eng/verify-exactly-once.sh</c>: worker processes under exactly-once, broken at random, judged
/// by kcat and python.
/// </summary>
public sealed class VerificationTests
{
    [SkippableTheory]
    [InlineData("17", 8)]
    [InlineData(null, 12)]
    public async Task Faults_on_the_embedded_broker_make_nothing_wrong(string? seed, int kills) =>
        await VerificationProcess.ExpectGreenAsync(["--kills", $"{kills}", "--minutes", "2", .. Seed(seed)]);

    /// <summary>A worker comes back with the state of a cluster that is no more, whose offsets fit the new one's.</summary>
    [SkippableFact]
    public async Task A_cluster_made_anew_makes_nothing_wrong() =>
        await VerificationProcess.ExpectGreenAsync(["--kills", "6", "--clusters", "2", "--minutes", "2"]);

    private static string[] Seed(string? seed) => seed is null ? [] : ["--seed", seed];
}

/// <summary>The same on Apache Kafka, beside it.</summary>
public sealed class ApacheVerificationTests
{
    [SkippableFact]
    public async Task Faults_on_apache_kafka_make_nothing_wrong()
    {
        ExternalTool.RequireKafka();
        await VerificationProcess.ExpectGreenAsync(["--kills", "6", "--minutes", "1.5", "--broker", "kafka"]);
    }
}

/// <summary>The verification's own judges, tested by faults planted on purpose.</summary>
public sealed class PlantedFaultTests
{
    private static readonly string[] Planted =
    [
        "nothing", "lose-input", "drop-one", "duplicate-one", "swap-two", "drop-running-result", "drop-windowed-result",
        "drop-passed-on", "drop-paid-result", "drop-unpaid-result", "keep-merged-session", "drop-closed-window",
        "duplicate-suppressed-window", "duplicate-placed-result", "drop-answers-to-a-key",
        "past-the-end", "drop-joined-result", "wrong-in-memory", "stale-positions", "drop-changelog-of-a-key",
        "open-transaction", "apply-before-commit", "ignore-abort", "skip-the-fence", "end-by-itself",
    ];

    public static TheoryData<string> Plants() => [.. Planted];

    [SkippableTheory]
    [MemberData(nameof(Plants))]
    public async Task A_planted_fault_is_seen(string plant) =>
        await VerificationProcess.ExpectGreenAsync(["--self-check", "--plant", plant]);

    [Fact]
    public async Task No_planted_fault_is_left_out_here()
    {
        var (_, output) = await VerificationProcess.RunAsync(["--plants"]);

        Assert.Equal(Planted.Order(), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }
}

/// <summary>The verification as a process.</summary>
internal static class VerificationProcess
{
    private const int CrashReportLength = 20_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Green, and not for want of anything to check: each line names a guarantee, what was checked, and violations.</summary>
    public static async Task ExpectGreenAsync(string[] arguments)
    {
        ExternalTool.Require("kcat", "-V");
        var (exitCode, output) = await RunAsync(arguments);

        Assert.True(exitCode == 0, $"exit code {exitCode}\n{output}");
        Assert.DoesNotMatch("(?m)^[a-z-]+ +0 +0$", output);
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments)
    {
        using var crashes = new TempFolder();
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "StreamFlow.Verification.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A crash in a native library says nothing; where it happened is in the runtime's report.
            Environment =
            {
                ["DOTNET_DbgEnableMiniDump"] = "1",
                ["DOTNET_EnableCrashReportOnly"] = "1",
                ["DOTNET_DbgMiniDumpName"] = Path.Combine(crashes.Path, "crash-%p"),
            },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"It did not end within {Limit}.\n{await output}{await errors}");
        }

        return (process.ExitCode, await output + await errors + await ReportsAsync(crashes.Path));
    }

    private static async Task<string> ReportsAsync(string folder)
    {
        var reports = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            var report = await File.ReadAllTextAsync(file);
            reports.AppendLine(Path.GetFileName(file)).AppendLine(report[..Math.Min(report.Length, CrashReportLength)]);
        }

        return reports.ToString();
    }
}
