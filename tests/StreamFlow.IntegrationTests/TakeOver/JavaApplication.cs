using System.Diagnostics;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.TakeOver;

/// <summary>A Kafka Streams application in a process of its own, compiled from a source beside the tests.</summary>
internal sealed class JavaApplication : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private JavaApplication(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Compiles a class and returns its class path; skips the test without Apache Kafka or a compiler.</summary>
    public static async Task<string> CompileAsync(string source, string folder)
    {
        var kafka = ExternalTool.RequireKafka();
        ExternalTool.Require("javac", "-version");
        var (_, classPath) = await ExternalTool.RunAsync(kafka, ["classpath"]);
        var (exitCode, output) = await ExternalTool.RunAsync("javac", ["-nowarn", "-d", folder, "-cp", classPath.Trim(), source]);
        Assert.True(exitCode == 0, output);
        return $"{folder}{Path.PathSeparator}{classPath.Trim()}";
    }

    public static JavaApplication Start(string classPath, string name, params string[] arguments) => new(Process.Start(
        new ProcessStartInfo("java", ["-Xmx256m", "-cp", classPath, name, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Lets it end in order.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Until.Deadline);
        await _process.WaitForExitAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
