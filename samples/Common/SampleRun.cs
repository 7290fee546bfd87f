using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Hosting;

namespace StreamFlow.Samples;

/// <summary>A run of a sample: its settings, its books, and where everything is.</summary>
public sealed class SampleRun : IDisposable
{
    private readonly Lazy<RecordSender> _sender;
    private long _began;

    /// <summary>Creates a run; tests do, and <see cref="SampleHost"/>.</summary>
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="bootstrapServers">The brokers.</param>
    /// <param name="stateDirectory">Folder of local state.</param>
    /// <param name="time">The clock.</param>
    public SampleRun(SampleSettings settings, string bootstrapServers, string stateDirectory, TimeProvider time)
    {
        (Settings, BootstrapServers, StateDirectory, Time) = (settings, bootstrapServers, stateDirectory, time);
        Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N")[4..16];
        _sender = new Lazy<RecordSender>(() => new RecordSender(bootstrapServers));
    }

    /// <summary>What the command line asks for.</summary>
    public SampleSettings Settings { get; }

    /// <summary>Where the brokers are.</summary>
    public string BootstrapServers { get; }

    /// <summary>Folder of local state, and of whatever else the run writes.</summary>
    public string StateDirectory { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Different in each run, growing with time: keys that contain it never meet those of an earlier run on the same brokers.</summary>
    public string Id { get; }

    /// <summary>A producer for whoever has something to send.</summary>
    public RecordSender Sender => _sender.Value;

    /// <summary>The books of the run.</summary>
    public Books Books { get; } = new();

    /// <summary>The host's services, once it is built.</summary>
    public IServiceProvider Services { get; internal set; } = new ServiceCollection().BuildServiceProvider();

    /// <summary>Since the applications were running; nothing before.</summary>
    public TimeSpan Elapsed => Volatile.Read(ref _began) is not 0 and var began ? Time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>Settings of an application: the run's brokers and folder, and exactly once.</summary>
    /// <param name="options">The application's options.</param>
    public void Configure(StreamFlowHostOptions options)
    {
        options.BootstrapServers = BootstrapServers;
        options.Streams.StateDirectory = StateDirectory;
        options.Streams.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
    }

    /// <summary>
    /// A turn for each record to generate, numbered from 0, at the rate that is asked for. They end after the number or the time
    /// that is asked for, or when the program is to end; what a generator does behind them is still done.
    /// </summary>
    /// <param name="stop">Cancelled when the program is to end.</param>
    public async IAsyncEnumerable<long> TurnsAsync([EnumeratorCancellation] CancellationToken stop)
    {
        for (long turn = 0; turn < Settings.Count && !IsOver(stop); turn++)
        {
            while (Settings.Rate > 0 && turn > Elapsed.TotalSeconds * Settings.Rate && !IsOver(stop))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (IsOver(stop))
            {
                yield break;
            }

            yield return turn;
        }
    }

    /// <summary>The applications are running: from now on the time counts.</summary>
    public void Begin() => Volatile.Write(ref _began, Time.GetTimestamp());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_sender.IsValueCreated)
        {
            _sender.Value.Dispose();
        }
    }

    private bool IsOver(CancellationToken stop) => stop.IsCancellationRequested || Elapsed >= Settings.Duration;
}
