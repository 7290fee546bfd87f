using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>What clients are asked to report of themselves, and which reports are taken (KIP-714).</summary>
public sealed class TelemetryHandlerTests : IDisposable
{
    private readonly Support.TemporaryDirectory _directory = new();
    private readonly DynamicConfigs _configs;
    private readonly TelemetryHandler _handler;
    private readonly List<int> _pushed = [];

    public TelemetryHandlerTests()
    {
        _configs = DynamicConfigs.Open(FileSystem.Disk, _directory.Path);
        _handler = new TelemetryHandler(_configs, TimeProvider.System, _pushed.Add);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Nothing_is_asked_for_until_somebody_wants_it()
    {
        var answer = Subscribe(OpenRequest.Of(0));

        Assert.NotEqual(Guid.Empty, answer.ClientInstanceId);
        Assert.Empty(answer.RequestedMetrics);
    }

    [Fact]
    public void Only_clients_that_match_are_asked_for_what_is_wanted_of_them()
    {
        Want("all", "metrics=org.apache", "interval.ms=60000");
        Want("java", "metrics=jvm", "match=client_software_name=apache-kafka-java,client_id=t.*");
        var other = OpenRequest.Of(0);
        var java = OpenRequest.Of(0);
        _ = ApiVersionsHandler.Answer(new ApiVersionsRequest { ClientSoftwareName = "apache-kafka-java" }, java);

        Assert.Equal(["org.apache"], Subscribe(other).RequestedMetrics);
        Assert.Equal(["jvm", "org.apache"], Subscribe(java).RequestedMetrics);
        Assert.Equal(60_000, Subscribe(java).PushIntervalMs);
    }

    [Fact]
    public void A_report_is_taken_until_something_else_is_wanted_or_the_client_has_ended()
    {
        Want("all", "metrics=*");
        var client = OpenRequest.Of(0);
        var asked = Subscribe(client);

        Assert.Equal(ErrorCode.None, Push(asked, client));
        Assert.Equal(ErrorCode.UnsupportedCompressionType, Push(asked, client, codec: 9));
        Assert.Equal(ErrorCode.TelemetryTooLarge, Push(asked, client, bytes: TelemetryHandler.MaxBytes + 1));
        Assert.Equal(ErrorCode.UnknownSubscriptionId, Push(asked, client, id: asked.SubscriptionId + 1));
        Assert.Equal(ErrorCode.None, Push(asked, client, ends: true));
        Assert.Equal(ErrorCode.InvalidRequest, Push(asked, client));
        Assert.Equal([3, 3], _pushed);

        var again = Subscribe(client);
        Want("all", "metrics=other");
        Assert.Equal(ErrorCode.UnknownSubscriptionId, Push(again, client));
    }

    private void Want(string name, params string[] configs) => _configs.Replace(
        new ConfigResource(ConfigResourceKind.ClientMetrics, name),
        configs.Select(config => config.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));

    private GetTelemetrySubscriptionsResponse Subscribe(RequestContext context) =>
        _handler.Subscribe(new GetTelemetrySubscriptionsRequest(), context);

    private ErrorCode Push(
        GetTelemetrySubscriptionsResponse asked, RequestContext context, int? id = null, sbyte codec = 4, int bytes = 3, bool ends = false) =>
        _handler.Push(
            new PushTelemetryRequest
            {
                ClientInstanceId = asked.ClientInstanceId,
                SubscriptionId = id ?? asked.SubscriptionId,
                CompressionType = codec,
                Metrics = new byte[bytes],
                Terminating = ends,
            },
            context).ErrorCode;
}
