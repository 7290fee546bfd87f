using System.CommandLine;
using System.Net;

namespace StreamFlow.Samples;

/// <summary>What the command line asks for.</summary>
public sealed record SampleSettings
{
    /// <summary>The brokers to use; null for an embedded one.</summary>
    public string? BootstrapServers { get; init; }

    /// <summary>Number of records to generate; 0 for none, <see cref="long.MaxValue"/> until the time is over.</summary>
    public long Count { get; init; } = long.MaxValue;

    /// <summary>When to stop generating, counted from when the applications are running; null for no limit.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Records per second; 0 for as many as possible.</summary>
    public int Rate { get; init; }

    /// <summary>Seed of the generator: the same seed and count give the same records.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Folder of the local state; null for a temporary one.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Port of the page on loopback; 0 for a free one, null for 5080 or the next one that is free.</summary>
    public int? Port { get; init; }

    /// <summary>The address to listen at; loopback unless it is to be seen from elsewhere, as in a container.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Whether progress is told in lines of their own, as for a file, and not in one that changes.</summary>
    public bool Plain { get; init; }

    /// <summary>How long the books are waited for at the end while nothing moves.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The command line, for options of the sample's own.</summary>
    internal ParseResult? Parsed { get; init; }

    /// <summary>The value of an option of the sample's own.</summary>
    /// <param name="option">One of <see cref="ISample.Options"/>.</param>
    public T? Value<T>(Option<T> option) => Parsed is null ? default : Parsed.GetValue(option);
}
