using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Tests.Interop;

/// <summary>Kafka's request types, to inject errors into.</summary>
internal enum ApiKey : short
{
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    InitProducerId = 22,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    TxnOffsetCommit = 28,
}

/// <summary>
/// librdkafka's own mock of a cluster. It keeps no transactional offsets, writes no control records and does not fence;
/// what depends on those is tested elsewhere.
/// </summary>
internal sealed partial class MockCluster : IDisposable
{
    private readonly ClientHandle _client;
    private readonly nint _cluster;

    internal MockCluster(int brokers = 1)
    {
        _client = ClientHandle.CreateProducer(
            [
                new("test.mock.num.brokers", FormattableString.Invariant($"{brokers}")),
                new("client.id", "mock"),
            ],
            new ClientCallbacks("mock", lines: null));
        _cluster = rd_kafka_handle_mock_cluster(_client.Pointer);
        rd_kafka_mock_group_initial_rebalance_delay_ms(_cluster, 0);
        BootstrapServers = Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(_cluster))!;
    }

    internal string BootstrapServers { get; }

    internal void CreateTopic(string name, int partitions) =>
        Assert.Equal(0, rd_kafka_mock_topic_create(_cluster, name, partitions, 1));

    internal void DeleteRecords(string topic, int partition, long before) =>
        Assert.Equal(0, rd_kafka_mock_partition_delete_records(_cluster, topic, partition, before));

    internal void SetTopicError(string topic, int error) => rd_kafka_mock_topic_set_error(_cluster, topic, error);

    internal void SetDown(bool down) =>
        Assert.Equal(0, down ? rd_kafka_mock_broker_set_down(_cluster, 1) : rd_kafka_mock_broker_set_up(_cluster, 1));

    internal void SetRoundTripTime(int milliseconds) =>
        Assert.Equal(0, rd_kafka_mock_broker_set_rtt(_cluster, 1, milliseconds));

    /// <summary>The next requests of a kind are answered with these errors; 0 is success.</summary>
    internal void PushErrors(ApiKey api, params int[] errors) =>
        rd_kafka_mock_push_request_errors_array(_cluster, (short)api, (nuint)errors.Length, errors);

    /// <summary>From now on requests are counted.</summary>
    internal void CountRequests() => rd_kafka_mock_start_request_tracking(_cluster);

    /// <summary>How many requests of a kind have come since they are counted.</summary>
    internal int Requests(ApiKey api)
    {
        var requests = rd_kafka_mock_get_requests(_cluster, out var count);
        var found = 0;
        for (var i = 0; i < (int)count; i++)
        {
            found += rd_kafka_mock_request_api_key(Marshal.ReadIntPtr(requests, i * nint.Size)) == (short)api ? 1 : 0;
        }

        rd_kafka_mock_request_destroy_array(requests, count);
        return found;
    }

    public void Dispose() => _client.Dispose();

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_handle_mock_cluster(nint client);

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_group_initial_rebalance_delay_ms(nint cluster, int milliseconds);

    [LibraryImport("librdkafka", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replication);

    [LibraryImport("librdkafka", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void rd_kafka_mock_topic_set_error(nint cluster, string topic, int error);

    [LibraryImport("librdkafka", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_partition_delete_records(
        nint cluster, string topic, int partition, long before);

    [LibraryImport("librdkafka")]
    private static partial int rd_kafka_mock_broker_set_down(nint cluster, int broker);

    [LibraryImport("librdkafka")]
    private static partial int rd_kafka_mock_broker_set_up(nint cluster, int broker);

    [LibraryImport("librdkafka")]
    private static partial int rd_kafka_mock_broker_set_rtt(nint cluster, int broker, int milliseconds);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_push_request_errors_array(
        nint cluster, short api, nuint count, int[] errors);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_start_request_tracking(nint cluster);

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_mock_get_requests(nint cluster, out nuint count);

    [LibraryImport("librdkafka")]
    private static partial short rd_kafka_mock_request_api_key(nint request);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_request_destroy_array(nint requests, nuint count);
}
