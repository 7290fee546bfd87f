using System.Diagnostics.Metrics;
using System.Reflection;

namespace StreamFlow.Broker.Measuring;

/// <summary>
/// The instruments of one broker, which live and end with it. All brokers of a process have meters of one name; the address is a tag of
/// each measurement, and of the meter, so that the end of one takes nothing from another.
/// </summary>
internal sealed class BrokerMeter : IDisposable
{
    public const string Name = "StreamFlow.Broker";

    /// <summary>The tag that every measurement has.</summary>
    public const string AddressTag = "streamflow.broker.address";

    private static readonly string Version =
        typeof(BrokerMeter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly Meter _meter;

    /// <param name="address">How clients reach the broker, as <c>host:port</c>.</param>
    public BrokerMeter(string address)
    {
        Tag = new(AddressTag, address);
        _meter = new Meter(new MeterOptions(Name) { Version = Version, Tags = [Tag], Scope = this });
        Requests = new RequestInstruments(_meter, Tag);
        Records = new RecordInstruments(_meter, Tag);
    }

    /// <summary>Whose measurements these are.</summary>
    public KeyValuePair<string, object?> Tag { get; }

    public RequestInstruments Requests { get; }

    public RecordInstruments Records { get; }

    /// <summary>Shows what the parts of the broker are at, to whoever collects.</summary>
    public void Show(BrokerReadings state)
    {
        StateInstruments.CreateConnections(_meter, Tag, state);
        StateInstruments.CreateBytes(_meter, Tag, state);
        StateInstruments.CreateLogs(_meter, Tag, state);
        StateInstruments.CreateCoordinators(_meter, Tag, state);
    }

    public void Dispose() => _meter.Dispose();
}
