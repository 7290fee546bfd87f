using System.Globalization;
using StreamFlow.Broker;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Serving;

/// <summary>A setting of the broker: one name for the command line, the configuration file and the environment.</summary>
/// <param name="Name">As on the command line, without dashes.</param>
/// <param name="Form">The form of its value, for the help.</param>
/// <param name="Help">What it is for, with its default.</param>
/// <param name="Property">The property of <see cref="EmbeddedBrokerOptions"/>.</param>
/// <param name="Apply">Sets it.</param>
/// <param name="KafkaName">The name of Apache Kafka's own setting, which the file takes as well; or null.</param>
/// <param name="IsList">Whether it may be given more than once.</param>
internal sealed record BrokerSetting(
    string Name, string Form, string Help, string Property, Func<EmbeddedBrokerOptions, SettingValue, EmbeddedBrokerOptions> Apply,
    string? KafkaName = null, bool IsList = false)
{
    /// <summary>Whether it is true or false; on the command line its name alone stands for true.</summary>
    public bool IsSwitch => Form == "true|false";
}

/// <summary>A value and where it stands, so that what is wrong with it can be said.</summary>
/// <param name="Text">The value.</param>
/// <param name="Place">For instance <c>--port</c>, or <c>port in broker.json</c>.</param>
internal readonly record struct SettingValue(string Text, string Place)
{
    public int Number(int least, int most) =>
        int.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Wrong(most == int.MaxValue
                ? FormattableString.Invariant($"a whole number of at least {least}")
                : FormattableString.Invariant($"a whole number from {least} to {most}"));

    public long Bytes(long least) =>
        long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least
            ? value
            : throw Wrong(FormattableString.Invariant($"a whole number of at least {least}"));

    public TimeSpan Time() => Values.TryDuration(Text, out TimeSpan value) ? value : throw Wrong("a time such as 100ms, 6s or 15m, or milliseconds");

    public bool Truth() => Text switch { "true" => true, "false" => false, _ => throw Wrong("true or false") };

    public BrokerFlushPolicy Flush() => Text switch
    {
        "os" => BrokerFlushPolicy.OperatingSystem,
        "interval" => BrokerFlushPolicy.Interval,
        "fsync" => BrokerFlushPolicy.EveryAppend,
        _ => throw Wrong("os, interval or fsync"),
    };

    public BrokerTopic Topic()
    {
        string[] parts = Text.Split(':');
        return parts.Length <= 2 && parts[0].Length > 0
            ? new BrokerTopic(parts[0], parts.Length == 1 ? 1 : new SettingValue(parts[1], $"the number of partitions in {Place}").Number(1, 10_000))
            : throw Wrong("a topic as name or name:partitions");
    }

    public CommandException Wrong(string remedy) => new($"{Place} is '{Text}'; give {remedy}.", ExitCode.Usage);
}
