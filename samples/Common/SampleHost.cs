using System.Runtime.InteropServices;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Broker;
using StreamFlow.Kafka;

namespace StreamFlow.Samples;

/// <summary>Runs a sample: broker, topics, applications, page, generator, and the books at the end.</summary>
public static class SampleHost
{
    /// <summary>Runs a sample as the command line asks.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="sample">The sample.</param>
    /// <returns>Exit code: 0 when the books balance, or nothing was to be generated.</returns>
    public static Task<int> RunAsync(string[] args, ISample sample) =>
        SampleCommandLine.RunAsync(args, sample, settings => RunAsync(settings, sample, new SampleOutput(Console.Out, Console.Error)));

    /// <summary>Runs a sample.</summary>
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="output">Where addresses, progress, books and errors are written.</param>
    /// <param name="stop">Ends the run as Ctrl-C does.</param>
    /// <returns>Exit code: 0 when the books balance, or nothing was to be generated.</returns>
    public static async Task<int> RunAsync(SampleSettings settings, ISample sample, SampleOutput output, CancellationToken stop = default)
    {
        if (settings.BootstrapServers is { } given && Complaint(given) is { } complaint)
        {
            return output.Fail(complaint);
        }

        var temporary = settings.StateDirectory is null ? Directory.CreateTempSubdirectory($"{sample.Name}-").FullName : null;
        try
        {
            // Started here and not by the host, which it outlives: the books are read when the applications have ended.
            await using var broker = settings.BootstrapServers is null
                ? await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { AutoCreateTopics = false, KeepHistoricalRecords = true }, stop)
                : null;
            using var run = new SampleRun(
                settings, settings.BootstrapServers ?? broker!.BootstrapServers, temporary ?? settings.StateDirectory!, TimeProvider.System);
            await SampleTopics.EnsureAsync(run.BootstrapServers, sample.Topics);
            return await RunAsync(run, sample, broker, output.Lines, stop);
        }
        catch (KafkaException exception)
        {
            return output.Fail($"The broker went away: {exception.Error.Reason}. Start it again, then this program.");
        }
        catch (SampleException exception)
        {
            return output.Fail(exception.Message);
        }
        finally
        {
            if (temporary is not null)
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static string? Complaint(string bootstrapServers)
    {
        if (new KafkaClientOptions { BootstrapServers = bootstrapServers }.Validate() is { Count: > 0 } complaints)
        {
            return $"--bootstrap-servers: {string.Join(' ', complaints)}";
        }

        return SampleTopics.Answers(bootstrapServers)
            ? null
            : $"No broker answers at '{bootstrapServers}'. Start one or correct --bootstrap-servers; without it, an embedded broker is started.";
    }

    private static async Task<int> RunAsync(
        SampleRun run, ISample sample, EmbeddedBroker? broker, TextWriter output, CancellationToken stop)
    {
        await using var host = SampleWeb.Build(run, sample, broker);
        using var reader = new BookReader(run.BootstrapServers, run.Books.Witnesses);
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var asked = stop.Register(lifetime.StopApplication);
        await SampleWeb.StartAsync(host, run.Settings, output);

        using var hurry = new CancellationTokenSource();
        using var again = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => SecondTime(lifetime, hurry));
        using var progress = new SampleProgress(run, output);
        var generated = await GenerateAsync(run, sample, lifetime.ApplicationStopping);
        if (generated)
        {
            await SettleAsync(run, reader, host, hurry.Token);
        }

        await host.StopAsync(CancellationToken.None);
        reader.Finish();
        progress.Dispose();
        return generated ? Close(run, reader, output) : Environment.ExitCode;
    }

    /// <summary>The first Ctrl-C ends in order, after all that was sent is processed; the second does not wait for that.</summary>
    private static void SecondTime(IHostApplicationLifetime lifetime, CancellationTokenSource hurry)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            hurry.Cancel();
        }
    }

    /// <returns>Whether anything was to be generated.</returns>
    private static async Task<bool> GenerateAsync(SampleRun run, ISample sample, CancellationToken stop)
    {
        try
        {
            await SampleWeb.RunningAsync(run, stop);
            run.Begin();
            if (run.Settings.Count > 0)
            {
                await sample.GenerateAsync(run, stop);
                return true;
            }

            await Task.Delay(run.Settings.Duration ?? Timeout.InfiniteTimeSpan, run.Time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped before anything was generated, or in the middle: the books say what is missing then.
            return run.Settings.Count > 0;
        }

        return false;
    }

    /// <summary>Waits until the books balance, while anything moves.</summary>
    private static async Task SettleAsync(SampleRun run, BookReader reader, WebApplication host, CancellationToken hurry)
    {
        var (movement, since) = (run.Books.Movement, run.Time.GetTimestamp());
        while (!run.Books.Balance && reader.Failure is null && !hurry.IsCancellationRequested && !SampleWeb.HasFailed(host.Services))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), run.Time, CancellationToken.None);
            if (run.Books.Movement != movement)
            {
                (movement, since) = (run.Books.Movement, run.Time.GetTimestamp());
            }
            else if (run.Time.GetElapsedTime(since) > run.Settings.Patience)
            {
                return;
            }
        }
    }

    private static int Close(SampleRun run, BookReader reader, TextWriter output)
    {
        output.WriteLine();
        if (reader.Failure is { } failure)
        {
            output.WriteLine($"  MISMATCH  a result cannot be read: {failure.Message}");
        }

        run.Books.Print(output, isComplete: reader.Failure is null);
        return run.Books.Balance && reader.Failure is null ? Environment.ExitCode : 1;
    }
}

/// <summary>Where a sample writes.</summary>
/// <param name="Lines">Addresses, progress and books.</param>
/// <param name="Errors">What keeps it from running.</param>
public sealed record SampleOutput(TextWriter Lines, TextWriter Errors)
{
    internal int Fail(string complaint)
    {
        Errors.WriteLine(complaint);
        return 1;
    }
}

/// <summary>What keeps a sample from running, in words for whoever started it.</summary>
/// <param name="message">What, and what mends it.</param>
internal sealed class SampleException(string message) : Exception(message);
