using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace StreamFlow.Samples;

/// <summary>The options that all samples have, and what is said about values that they cannot have.</summary>
internal sealed class SampleCommandLine
{
    private readonly Option<string?> _servers = new("--bootstrap-servers")
    {
        Description = "Apache Kafka to use, host:port[,...]; without it an embedded broker is started",
    };

    private readonly Option<long?> _count = new("--count")
    {
        Description = "Generate so many records, then end with the books; 0 for none (until Ctrl-C)",
    };

    private readonly Option<double?> _duration = new("--duration")
    {
        Description = "Generate for so many seconds, then end with the books; counted from when the applications are running",
    };

    private readonly Option<int?> _rate = new("--rate");
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the generator", DefaultValueFactory = _ => 42 };

    private readonly Option<string?> _state = new("--state-dir")
    {
        Description = "Folder of the local state (default: a temporary one)",
    };

    private readonly Option<int?> _port = new("--port")
    {
        Description = "Port of the page, on this machine only; 0 for a free one (default: 5080, or the next that is free)",
    };

    private readonly Option<IPAddress> _listen = new("--listen")
    {
        Description = "Address to listen at; any but this machine's own shows the page, but not how it runs, to whoever reaches it, as in a container",
        DefaultValueFactory = _ => IPAddress.Loopback,
    };

    private readonly Option<bool> _plain = new("--plain") { Description = "Progress in lines of their own instead of one that changes" };
    private readonly ISample _sample;

    private SampleCommandLine(ISample sample)
    {
        _sample = sample;
        _rate.Description = $"Records per second; 0 = as many as possible, the default with --count (else {sample.DefaultRate})";
        Allow(_count, 0L, 1_000_000_000_000_000L);
        Allow(_rate, 0, 1_000_000);
        Allow(_port, 0, 65_535);
        Allow(_duration, 0.1, 86_400.0);
        Allow(_seed, int.MinValue, int.MaxValue);
        _listen.CustomParser = Address;
    }

    /// <summary>Reads the command line and runs the program; prints help and mistakes itself.</summary>
    public static Task<int> RunAsync(string[] args, ISample sample, Func<SampleSettings, Task<int>> program, TextWriter? errors = null)
    {
        var line = new SampleCommandLine(sample);
        var command = new RootCommand(sample.Summary)
        {
            line._servers, line._count, line._duration, line._rate, line._seed, line._state, line._port, line._listen, line._plain,
        };
        foreach (var option in sample.Options)
        {
            command.Add(option);
        }

        command.SetAction(parsed => program(line.Settings(parsed)));

        // The host stops in order on SIGTERM in its own time; by default the command line would end the process after two seconds.
        return command.Parse(args).InvokeAsync(new InvocationConfiguration
        {
            ProcessTerminationTimeout = null, Error = errors ?? Console.Error,
        });
    }

    private SampleSettings Settings(ParseResult parsed) => new()
    {
        BootstrapServers = parsed.GetValue(_servers),
        Count = parsed.GetValue(_count) ?? long.MaxValue,
        Duration = parsed.GetValue(_duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Rate = parsed.GetValue(_rate) ?? (parsed.GetValue(_count) is null ? _sample.DefaultRate : 0),
        Seed = parsed.GetValue(_seed),
        StateDirectory = parsed.GetValue(_state),
        Port = parsed.GetValue(_port),
        Listen = parsed.GetValue(_listen)!,
        Plain = parsed.GetValue(_plain) || Console.IsOutputRedirected,
        Parsed = parsed,
    };

    private static void Allow<T>(Option<T?> option, T least, T most)
        where T : struct, IComparable<T>, IParsable<T>, IFormattable =>
        option.CustomParser = result => Number(result, option.Name, least, most);

    private static void Allow(Option<int> option, int least, int most) =>
        option.CustomParser = result => Number(result, option.Name, least, most) ?? 0;

    private static IPAddress Address(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out var address))
        {
            return address;
        }

        result.AddError($"--listen is '{result.Tokens[0].Value}'; give an IP address, such as 127.0.0.1 or 0.0.0.0.");
        return IPAddress.Loopback;
    }

    /// <summary>What is wrong with a value is said in a sentence; the parser's own would name its types.</summary>
    private static T? Number<T>(ArgumentResult result, string option, T least, T most)
        where T : struct, IComparable<T>, IParsable<T>, IFormattable
    {
        var text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0)
        {
            return value;
        }

        var what = least is double ? "a number" : "a whole number";
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option} is '{text}'; give {what} from {least} to {most}."));
        return null;
    }
}
