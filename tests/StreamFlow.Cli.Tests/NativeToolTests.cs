using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests;

/// <summary>The tool as one native file: nothing of it, or of the broker in it, needs what trimming takes away.</summary>
public sealed class NativeToolTests
{
    /// <summary>Compiling takes minutes of both cores; a run of all tests has not got them.</summary>
    private const string Variable = "STREAMFLOW_NATIVE_TESTS";

    private const int NoToolchain = 3;

    [SkippableFact]
    public async Task Native_program_answers_as_the_managed_one_does()
    {
        Skip.If(Environment.GetEnvironmentVariable(Variable) is not "1", $"compiling it takes minutes; {Variable}=1 has it done");
        using TemporaryFolder folder = new();
        (int code, string output) = await RunAsync(PathOf("eng/publish-native.sh"), "", folder.Path);
        Skip.If(code == NoToolchain, output);
        Assert.True(code == 0, output);
        string tool = Path.Combine(folder.Path, "streamflow");
        using Process broker = Process.Start(new ProcessStartInfo(tool, ["broker", "--port", "0", "--http", "0"]) { RedirectStandardOutput = true })!;
        try
        {
            string ready = (await broker.StandardOutput.ReadLineAsync())!;
            string servers = ready.Split(' ', ',')[3];
            using HttpClient http = new();
            Assert.Contains("streamflow_broker_connections", await http.GetStringAsync($"{ready.Split("at ")[2].Replace("/health", "/metrics", StringComparison.Ordinal)}"), StringComparison.Ordinal);
            await DoneAsync(tool, "", "topics", "create", "t", "--partitions", "2", "-b", servers);
            foreach (string codec in StreamFlow.Cli.Records.Codec.All.Select(c => c.Name))
            {
                await DoneAsync(tool, $"{codec}:value\n", "produce", "t", "-K", ":", "--compression", codec, "-b", servers);
            }

            string read = await DoneAsync(tool, "", "consume", "t", "--group", "g", "--from-beginning", "--keys", "--count", $"{StreamFlow.Cli.Records.Codec.All.Count}", "--json", "-b", servers);
            Assert.All(StreamFlow.Cli.Records.Codec.All, c => Assert.Contains($"\"key\":\"{c.Name}\",\"value\":\"value\"", read, StringComparison.Ordinal));
            Assert.Contains("\"lag\": 0", await DoneAsync(tool, "", "groups", "describe", "g", "--json", "-b", servers), StringComparison.Ordinal);
            (int unknown, string error) = await RunAsync(tool, "", "topics", "crete");
            Assert.Equal((2, "error: 'streamflow topics' has no command 'crete'. Did you mean create? See 'streamflow topics --help'.\n"), (unknown, error));
        }
        finally
        {
            broker.Kill();
        }
    }

    private static async Task<string> DoneAsync(string tool, string input, params string[] args)
    {
        (int code, string output) = await RunAsync(tool, input, args);
        Assert.True(code == 0, output);
        return output;
    }

    private static async Task<(int Code, string Output)> RunAsync(string file, string input, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", file);
}
