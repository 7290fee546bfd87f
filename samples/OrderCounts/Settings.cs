using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OrderCounts;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings
{
    public string? BootstrapServers { get; init; }

    /// <summary>Number of orders to generate; 0 for none, <see cref="long.MaxValue"/> until the time is over.</summary>
    public long Orders { get; init; }

    public TimeSpan? Duration { get; init; }

    public int Seed { get; init; } = 42;

    public int Partitions { get; init; } = 4;

    public int Threads { get; init; } = 1;

    /// <summary>Orders per second the generator aims at; 0 for as many as the topology takes.</summary>
    public int Rate { get; init; }

    public string? StateDirectory { get; init; }

    public string ApplicationId { get; init; } = "order-counts";

    /// <summary>Port of the live page on loopback; 0 for a free one, null for 5080 or the next one that is free.</summary>
    public int? Port { get; init; }

    public bool Plain { get; init; }

    public bool UsesEmbeddedBroker => BootstrapServers is null;

    public bool Generates => Orders > 0;

    /// <summary>Reads the command line and runs the program; prints help and mistakes itself, these to standard error unless told otherwise.</summary>
    public static int Run(string[] args, Func<Settings, Task<int>> program, TextWriter? errors = null)
    {
        var servers = new Option<string?>("--bootstrap-servers")
        {
            Description = "Apache Kafka to use, host:port[,...]; without it an embedded broker is started",
        };
        var orders = new Option<long?>("--orders", "--generate")
        {
            Description = "Generate so many orders, then end with a summary; 0 for none",
        };
        var duration = new Option<double?>("--duration")
        {
            Description = "End with a summary after so many seconds, counted from when the worker is running",
        };
        var seed = new Option<int>("--seed") { Description = "Seed of the generator", DefaultValueFactory = _ => 42 };
        var rate = new Option<int?>("--rate")
        {
            Description = "Orders per second; 0 = as many as possible, the default with --orders (else 2000)",
        };
        var partitions = new Option<int>("--partitions")
        {
            Description = "Partitions of the topics, if they are created here",
            DefaultValueFactory = _ => 4,
        };
        var threads = new Option<int>("--threads") { Description = "Stream threads", DefaultValueFactory = _ => 1 };
        var state = new Option<string?>("--state-dir") { Description = "Folder of the local state (default: a temporary one)" };
        var application = new Option<string>("--application-id")
        {
            Description = "Name of the application: its group, internal topics and state",
            DefaultValueFactory = _ => "order-counts",
        };
        var plain = new Option<bool>("--plain") { Description = "Plain lines instead of a live table" };

        var port = new Option<int?>("--port")
        {
            Description = "Port of the live page, on this machine only; 0 for a free one (default: 5080, or the next that is free)",
        };

        Allow(port, 0, 65_535);
        Allow(orders, 0, 1_000_000_000_000_000);
        Allow(duration, 0.1, 86_400);
        Allow(rate, 0, 1_000_000);
        Allow(partitions, 1, 1024);
        Allow(threads, 1, 64);
        Allow(seed, int.MinValue, int.MaxValue);
        var command = new RootCommand("Windowed order counts with StreamFlow.")
        {
            servers, orders, duration, seed, rate, partitions, threads, state, application, port, plain,
        };
        command.SetAction(parsed => program(new Settings
        {
            BootstrapServers = parsed.GetValue(servers),
            Orders = parsed.GetValue(orders) ?? (parsed.GetValue(servers) is null ? long.MaxValue : 0),
            Duration = parsed.GetValue(duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Seed = parsed.GetValue(seed),
            Rate = parsed.GetValue(rate) ?? (parsed.GetValue(orders) is null ? 2000 : 0),
            Partitions = parsed.GetValue(partitions),
            Threads = parsed.GetValue(threads),
            StateDirectory = parsed.GetValue(state),
            ApplicationId = parsed.GetValue(application)!,
            Port = parsed.GetValue(port),
            Plain = parsed.GetValue(plain) || Console.IsOutputRedirected,
        }));

        // The host drains on SIGTERM in its own time; by default the command line would end the process after two seconds.
        return command.Parse(args).Invoke(new InvocationConfiguration
        {
            ProcessTerminationTimeout = null, Error = errors ?? Console.Error,
        });
    }

    private static void Allow(Option<long?> option, long least, long most) => option.CustomParser =
        result => (long?)Number(result, option.Name, least, most);

    private static void Allow(Option<int?> option, int least, int most) => option.CustomParser =
        result => (int?)Number(result, option.Name, least, most);

    private static void Allow(Option<int> option, int least, int most) => option.CustomParser =
        result => (int)(Number(result, option.Name, least, most) ?? 0);

    private static void Allow(Option<double?> option, double least, double most) => option.CustomParser = result =>
        double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && value >= least && value <= most
            ? value
            : Refuse<double>(result, option.Name, "a number", least, most);

    private static long? Number(ArgumentResult result, string option, long least, long most) =>
        long.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        && value >= least && value <= most
            ? value
            : Refuse<long>(result, option, "a whole number", least, most);

    /// <summary>In a sentence; the parser's own would name its types.</summary>
    private static T? Refuse<T>(ArgumentResult result, string option, string what, IFormattable least, IFormattable most)
        where T : struct
    {
        result.AddError(string.Create(
            CultureInfo.InvariantCulture, $"{option} is '{result.Tokens[0].Value}'; give {what} from {least} to {most}."));
        return null;
    }
}
