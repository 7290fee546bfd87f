using System.Diagnostics;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>Runs a client that nobody here wrote, as a process of its own, and shows what it said when it fails.</summary>
public sealed class ExternalTool : IDisposable
{
    /// <summary>Distribution packages put their Python modules where only this interpreter finds them.</summary>
    public const string Python = "/usr/bin/python3";

    public const string Kcat = "kcat";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ExternalTool(string file, IEnumerable<string> arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public StreamWriter Input => _process.StandardInput;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public static ExternalTool Start(string file, params string[] arguments) => new(file, arguments);

    public static async Task<string> RunAsync(string file, string[] arguments, string? input = null)
    {
        using ExternalTool tool = new(file, arguments);
        if (input is not null)
        {
            await tool.Input.WriteAsync(input);
        }

        tool.Input.Close();
        await tool.ExpectSuccessAsync();
        return tool.Output;
    }

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Clients", name);

    /// <summary>Skips the test with a reason where the tool, or a module of Python, is not installed.</summary>
    public static void Require(string file, string? module = null)
    {
        string[] probe = file == "java" ? ["-version"] : module is null ? ["-V"] : ["-c", $"import {module}"];
        bool works;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, probe)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.WaitForExit();
            works = process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            works = false;
        }

        Skip.IfNot(works, $"{file}{(module is null ? "" : $" with the module {module}")} is not installed");
    }

    public async Task ExpectOutputAsync(string text) =>
        await Eventually.TrueAsync(
            () => Output.Contains(text, StringComparison.Ordinal) || _process.HasExited, $"the client says {text}");

    public async Task ExpectSuccessAsync()
    {
        using CancellationTokenSource deadline = new(Deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"The client did not end.\n{Output}\n{Errors}");
        }

        Assert.True(_process.ExitCode == 0, $"The client failed with {_process.ExitCode}.\n{Output}\n{Errors}");
    }

    /// <summary>Ends the client the hard way: it tells nobody that it goes.</summary>
    public async Task KillAsync()
    {
        Assert.False(_process.HasExited, $"The client ended by itself.\n{Output}\n{Errors}");
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Ends the client as a user does at the terminal; one that waits for input notices when that ends.</summary>
    public async Task InterruptAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Input.Close();
        await ExitAsync();
    }

    /// <summary>Waits for the end, however it comes.</summary>
    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource deadline = new(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder target, string? line)
    {
        if (line is not null)
        {
            lock (target)
            {
                target.AppendLine(line);
            }
        }
    }

    private static string Read(StringBuilder source)
    {
        lock (source)
        {
            return source.ToString();
        }
    }
}
