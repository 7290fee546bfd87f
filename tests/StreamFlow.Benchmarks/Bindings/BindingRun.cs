using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Bindings;

/// <summary>Our binding of RocksDB beside the package's managed API, on one library, by turns, each in new processes.</summary>
internal static class BindingRun
{
    internal const string Ours = "StreamFlow.RocksDb";
    internal const string Sharp = "RocksDbSharp";

    public static async Task<int> MainAsync(Options options)
    {
        if (options.Has("binding"))
        {
            return BindingSide.Run(options);
        }

        for (var turn = 0; turn < options.Number("repetitions", 3); turn++)
        {
            foreach (var binding in new[] { Ours, Sharp })
            {
                var line = await RunAsync(binding, options);
                line["kind"] = "binding";
                line["binding"] = binding;
                line["date"] = DateTimeOffset.UtcNow.ToString("O");
                Results.Write(line, options);
            }
        }

        return 0;
    }

    private static async Task<JsonObject> RunAsync(string binding, Options options)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                "Binding", "--binding", binding, "--records", options.Get("records", "1000000"),
                "--state", options.Get("state", Path.GetTempPath()),
            ])
        { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonNode.Parse(output)!.AsObject()
            : throw new InvalidOperationException($"{binding} ended with {process.ExitCode}: {output}");
    }
}
