using System.Globalization;

namespace StreamFlow.Verification;

/// <summary>What a run is to do.</summary>
internal sealed record Options
{
    public const string Usage = """
        Runs several worker processes under exactly-once, breaks them, the broker and the connections between them at
        random, and judges the result by an independent client.

          --kills N                  processes to kill (default 20, with --minutes no limit); other faults come on top
          --minutes M                stop after so many minutes, whatever the kills (default: no limit)
          --broker embedded|kafka    StreamFlow's own broker, or Apache Kafka (default embedded)
          --seed S                   decides inputs and faults (default: a random one, which is printed)
          --clusters N               so many clusters one after the other (default 1): each time the broker's data are made anew,
                                     the workers go on with the state on their disks, and all is judged again
          --only NAME                faults whose name begins so, e.g. 'kill broker' (default: all)
          --rate R                   inputs per second (default 300)
          --self-check               plant one fault after the other; every one must be found
          --plant NAME               with --self-check: only this one
          --plants                   list the faults that a self-check plants
          --keep                     keep the run's folder, logs and data, though nothing was violated
        """;

    private const int DefaultKills = 20;
    private int? _kills;

    public int Kills
    {
        get => _kills ?? (Limit == TimeSpan.MaxValue ? DefaultKills : int.MaxValue);
        init => _kills = value;
    }

    public TimeSpan Limit { get; init; } = TimeSpan.MaxValue;

    /// <summary>How many clusters there are, one after the other; the kills are shared out among them.</summary>
    public int Clusters { get; init; } = 1;

    public bool UseKafka { get; init; }

    public ulong Seed { get; init; }

    public double Rate { get; init; } = 300;

    public bool SelfCheck { get; init; }

    public string? OnlyPlant { get; init; }

    public string OnlyFault { get; init; } = string.Empty;

    public bool Keep { get; init; }

    public static Options Parse(string[] arguments)
    {
        var options = new Options { Seed = (ulong)DateTime.UtcNow.Ticks % 1_000_000_007 };
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (name is "--self-check" or "--keep")
            {
                options = name == "--keep" ? options with { Keep = true } : options with { SelfCheck = true };
                continue;
            }

            var value = i + 1 < arguments.Length
                ? arguments[++i]
                : throw new ArgumentException($"The option {name} is unknown or lacks its value; see --help.");
            options = options.With(name, value);
        }

        return options;
    }

    private Options With(string name, string value) => name switch
    {
        "--kills" => this with { Kills = (int)Number(name, value) },
        "--minutes" => this with { Limit = TimeSpan.FromMinutes(Number(name, value)) },
        "--seed" => this with { Seed = (ulong)Number(name, value) },
        "--clusters" => this with { Clusters = Math.Max(1, (int)Number(name, value)) },
        "--rate" => this with { Rate = Math.Max(1, Number(name, value)) },
        "--only" => this with { OnlyFault = value },
        "--plant" => this with { OnlyPlant = value },
        "--broker" => value switch
        {
            "embedded" => this with { UseKafka = false },
            "kafka" => this with { UseKafka = true },
            _ => throw new ArgumentException($"--broker {value} is unknown; use embedded or kafka."),
        },
        _ => throw new ArgumentException($"The option {name} is unknown; see --help."),
    };

    private static double Number(string name, string value) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0
            ? number
            : throw new ArgumentException($"{name} {value} is not a number of at least 0.");
}
