using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace StreamFlow.TestSupport;

/// <summary>
/// Apache Kafka in a process of its own, driven by the distribution's script: <c>bin/kafka</c> below <c>KAFKA_HOME</c>,
/// or below <c>shared/kafka</c> beside the checkout.
/// </summary>
internal sealed class ApacheKafkaBroker : IAsyncDisposable
{
    private const int Attempts = 3;
    private readonly string _folder;
    private readonly string[] _startArguments;
    private readonly Process _watchdog;
    private bool _isRunning;

    private ApacheKafkaBroker(string folder, int port, string[] settings)
    {
        _folder = folder;
        _startArguments = ["start", folder, port.ToString(CultureInfo.InvariantCulture), .. settings];

        // A test that is killed must not leave a broker behind.
        _watchdog = Process.Start(Redirected(
            "bash",
            "-c", "while kill -0 $1 2>/dev/null; do sleep 1; done; \"$2\" kill \"$3\"", "watchdog",
            $"{Environment.ProcessId}", Script(), folder))!;
    }

    /// <summary>Starts one; returns when it listens.</summary>
    /// <param name="folder">Data, configuration and log; the caller's to delete.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="settings">Settings of the broker as <c>key=value</c>.</param>
    /// <exception cref="InvalidOperationException">There is no Apache Kafka, no Java, or it does not start.</exception>
    public static async Task<ApacheKafkaBroker> StartAsync(string folder, int port, params string[] settings)
    {
        Require();
        var broker = new ApacheKafkaBroker(folder, port, settings);
        try
        {
            await broker.RestartAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>The script, whether it is there or not.</summary>
    public static string Script()
    {
        var home = Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } set ? set : BesideCheckout();
        return Path.GetFullPath(Path.Combine(home, "bin", "kafka"));
    }

    /// <summary>Why it cannot run here, or null.</summary>
    public static string? WhyUnavailable()
    {
        if (!File.Exists(Script()))
        {
            return $"there is no Apache Kafka with {Script()}; KAFKA_HOME says where it is";
        }

        return HasJava() ? null : "there is no Java: put java on the PATH or set JAVA_HOME";
    }

    /// <exception cref="InvalidOperationException">It cannot run here; the message says why.</exception>
    public static void Require()
    {
        if (WhyUnavailable() is { } reason)
        {
            throw new InvalidOperationException(reason);
        }
    }

    /// <summary>Runs the script to its end.</summary>
    /// <returns>What went wrong, or null.</returns>
    public static async Task<string?> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(Redirected(Script(), arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? null
            : $"{Script()} {string.Join(' ', arguments)} failed with {process.ExitCode}: {await output}{await errors}";
    }

    /// <summary>Starts it again on its data after <see cref="KillAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public async Task RestartAsync()
    {
        for (var attempt = 1; !_isRunning; attempt++)
        {
            var failure = await RunAsync(_startArguments);
            _isRunning = failure is null;
            // The script's random cluster id begins with a hyphen now and then, which Kafka takes for an option.
            if (failure is not null && attempt == Attempts)
            {
                throw new InvalidOperationException(failure);
            }

            if (failure is not null)
            {
                // One that is only slow to listen would be in the way of the next attempt.
                await RunAsync("kill", _folder);
            }
        }
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (_isRunning && await RunAsync("kill", _folder) is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        _isRunning = false;
    }

    public async ValueTask DisposeAsync()
    {
        _watchdog.Kill(entireProcessTree: true);
        _watchdog.Dispose();
        // Also one that did not listen in time; there may be none.
        await RunAsync("kill", _folder);
    }

    private static string BesideCheckout([CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "..", "shared", "kafka");

    private static bool HasJava() =>
        Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 }
        || (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "java")));

    private static ProcessStartInfo Redirected(string file, params string[] arguments) =>
        new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
}
