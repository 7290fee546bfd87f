using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Serving;

/// <summary>Runs a broker until the process is asked to end.</summary>
internal sealed class BrokerCommand
{
    private const string ConfigName = "config";
    private const string HttpName = "http";
    private const string LogLevelName = "log-level";
    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "critical", "none"];
    private const string NoAutoCreate = "no-auto-create";

    private readonly Option<string?> _config = new("--" + ConfigName)
    {
        Description = "Read settings from this JSON file; its properties are these options without dashes", HelpName = "file",
    };

    private readonly Option<string?> _http = new("--" + HttpName)
    {
        Description = "Answer GET /health and GET /metrics (Prometheus) here, e.g. 9644 or 0.0.0.0:9644 (default: nowhere)", HelpName = "[address:]port",
    };

    private readonly Option<string?> _logLevel = Options.Values.Word(
        "--" + LogLevelName, Levels, "The least important messages to write, to the standard error (default: information)");

    private readonly Option<bool> _noAutoCreate = new("--" + NoAutoCreate) { Description = "The same as --auto-create-topics false" };
    private readonly List<(BrokerSetting Setting, Option<string[]> Option)> _options = [];

    private BrokerCommand()
    {
        foreach (BrokerSetting setting in BrokerSettings.All)
        {
            _options.Add((setting, new Option<string[]>("--" + setting.Name)
            {
                Description = setting.Help,
                HelpName = setting.Form,
                Arity = setting.IsList ? ArgumentArity.OneOrMore : setting.IsSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                CustomParser = static result => [.. result.Tokens.Select(static token => token.Value)],
            }));
        }
    }

    public static Command Create(Surroundings surroundings)
    {
        BrokerCommand command = new();
        return CommandParts.Leaf(
            "broker",
            "Run a Kafka-compatible broker until Ctrl+C or SIGTERM",
            [
                "streamflow broker                                            for a try: data in a temporary directory",
                "streamflow broker --data ./data --flush fsync                nothing acknowledged is lost in a power cut",
                "streamflow broker --topic orders:4 --topic payments:4        with topics",
                "streamflow broker --host 0.0.0.0 --advertised-host db1.lan --allow-unsecured-network   for other machines: anybody may do everything",
                "streamflow broker --listener SASL_SSL://0.0.0.0:9093@db1.lan:9093 --tls-certificate db1.pem --user alice=alice.txt",
                "streamflow broker --config broker.json --http 9644           settings of a file; curl localhost:9644/health",
                "",
                "Every option may also stand in the file of --config, or in the environment as STREAMFLOW_BROKER_ and its name in capitals.",
                "The command line goes before the environment, and this before the file. These three say the same:",
                "  streamflow broker --port 9092 --topic orders:4 --flush fsync",
                "  STREAMFLOW_BROKER_PORT=9092 STREAMFLOW_BROKER_TOPIC=orders:4 STREAMFLOW_BROKER_FLUSH=fsync streamflow broker",
                """  echo '{ "port": 9092, "topic": ["orders:4"], "flush": "fsync" }' > broker.json; streamflow broker --config broker.json""",
            ],
            [.. command._options.Select(static o => o.Option), command._noAutoCreate, command._logLevel, command._http, command._config],
            surroundings,
            command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        (EmbeddedBrokerOptions options, string? http) = Configure(context);
        using BrokerLogger log = new(context, Level(context));
        options = options with { LoggerFactory = log, TimeProvider = context.Time };
        try
        {
            await ServeAsync(context, options, http).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (ArgumentException exception)
        {
            throw new CommandException(WithoutParameter(exception), ExitCode.Usage, exception);
        }
        catch (Exception exception) when (exception is IOException or SocketException or UnauthorizedAccessException or InvalidOperationException
            or InvalidDataException)
        {
            throw new CommandException(exception.Message, ExitCode.Failed, exception);
        }
    }

    private static async Task ServeAsync(CommandContext context, EmbeddedBrokerOptions options, string? http)
    {
        using TcpListener? listener = http is null ? null : StatusEndpoint.Listen(http);
        using PrometheusMetrics? metrics = http is null ? null : new PrometheusMetrics("StreamFlow.Broker");
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options, context.Cancelled).ConfigureAwait(false);
        await using (broker.ConfigureAwait(false))
        {
            string place = options.DataDirectory is null ? "a temporary directory" : broker.DataDirectory;
            string ready = $"Broker ready at {broker.BootstrapServers}, data in {place}";
            if (listener is null)
            {
                await WaitAsync(context, ready).ConfigureAwait(false);
                return;
            }

            StatusEndpoint endpoint = StatusEndpoint.Start(listener, broker, metrics!);
            await using (endpoint.ConfigureAwait(false))
            {
                await WaitAsync(context, $"{ready}, status at http://{endpoint.Address}/health").ConfigureAwait(false);
            }
        }
    }

    private static async Task WaitAsync(CommandContext context, string ready)
    {
        await context.Terminal.Out.WriteLineAsync(ready).ConfigureAwait(false);
        await context.Terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, context.Cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The file first, over it the environment, over this the command line. A list is replaced, not added to.</summary>
    private (EmbeddedBrokerOptions Options, string? Http) Configure(CommandContext context)
    {
        List<(string Name, SettingValue Value)> file = ConfigFile(context) is { } path ? BrokerFile.Read(path, Known()) : [];
        EmbeddedBrokerOptions options = new();
        bool hasPort = false;
        foreach ((BrokerSetting setting, Option<string[]> option) in _options)
        {
            foreach (SettingValue value in ValuesOf(context, setting, option, file))
            {
                options = setting.Apply(options, value);
                hasPort |= setting.Property == nameof(EmbeddedBrokerOptions.Port);
            }
        }

        options = SecuritySettings.WithDefaults(options);

        // Listeners have ports of their own.
        options = hasPort || options.Listeners.Count > 0 ? options : options with { Port = BrokerSettings.DefaultPort };

        if (context.Get(_noAutoCreate))
        {
            options = options with { AutoCreateTopics = false };
        }

        return (options, context.Get(_http) ?? Other(context, HttpName, file)?.Text);
    }

    private LogLevel Level(CommandContext context)
    {
        List<(string Name, SettingValue Value)> file = ConfigFile(context) is { } path ? BrokerFile.Read(path, Known()) : [];
        SettingValue given = context.Get(_logLevel) is { } line ? new SettingValue(line, "--" + LogLevelName)
            : Other(context, LogLevelName, file) ?? new SettingValue("information", "the default");
        return Levels.Contains(given.Text, StringComparer.OrdinalIgnoreCase) && Enum.TryParse(given.Text, ignoreCase: true, out LogLevel level)
            ? level
            : throw new CommandException($"{given.Place} is '{given.Text}'; give {string.Join(", ", Levels[..^1])} or {Levels[^1]}.", ExitCode.Usage);
    }

    /// <summary>A setting of the program rather than of the broker, of the environment or else of the file.</summary>
    private static SettingValue? Other(CommandContext context, string name, List<(string Name, SettingValue Value)> file) =>
        Variable(context, name) is { } set ? new SettingValue(set, BrokerSettings.Variable(name))
            : file.Where(s => s.Name == name).Select(static s => (SettingValue?)s.Value).LastOrDefault();

    private static IEnumerable<SettingValue> ValuesOf(
        CommandContext context, BrokerSetting setting, Option<string[]> option, List<(string Name, SettingValue Value)> file)
    {
        if (context.Has(option))
        {
            // A switch without a value is switched on.
            return (context.Get(option) is { Length: > 0 } given ? given : ["true"]).Select(text => new SettingValue(text, option.Name));
        }

        string variable = BrokerSettings.Variable(setting.Name);
        return context.Surroundings.Variable(variable) is { Length: > 0 } set
            ? (setting.IsList ? set.Split(',') : [set]).Select(text => new SettingValue(text, variable))
            : file.Where(s => s.Name == setting.Name).Select(static s => s.Value);
    }

    private string? ConfigFile(CommandContext context) => context.Get(_config) ?? Variable(context, ConfigName);

    private static string? Variable(CommandContext context, string name) =>
        context.Surroundings.Variable(BrokerSettings.Variable(name)) is { Length: > 0 } value ? value : null;

    private static List<string> Known() => [.. BrokerSettings.All.Select(static s => s.Name), HttpName, LogLevelName];

    /// <summary>.NET adds the name of a parameter, which nobody has written on a command line.</summary>
    private static string WithoutParameter(ArgumentException exception) => exception.ParamName is { } name
        ? exception.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal)
        : exception.Message;
}
