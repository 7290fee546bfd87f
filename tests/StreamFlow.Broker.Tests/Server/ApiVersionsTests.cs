using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Server;

public sealed class ApiVersionsTests
{
    public static TheoryData<short, short> EveryImplementedVersion()
    {
        TheoryData<short, short> rows = [];
        foreach (ApiDescriptor api in ApiTable.All)
        {
            for (short version = api.ImplementedFrom; version <= api.MaxVersion; version++)
            {
                rows.Add((short)api.Key, version);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(EveryImplementedVersion))]
    public async Task Every_advertised_version_answers_in_its_layout(short key, short version)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        string api = ((ApiKey)key).ToString();
        await client.CallAsync(api, version, MinimalRequests.For(api));

        // The same with what clients are allowed to add: tags nobody knows, and bytes behind the body.
        await client.CallAsync(api, version, MinimalRequests.For(api), unknownTags: true, trailing: [0, 0]);
    }

    [Fact]
    public void Every_row_agrees_with_the_protocol_layouts()
    {
        foreach (ApiDescriptor api in ApiTable.All)
        {
            ApiLayout layout = WireLayout.All[(short)api.Key];
            Assert.Equal(layout.Name, api.Key.ToString());
            Assert.True(layout.Versions.Contains(api.ImplementedFrom), $"{api.Key} {api.ImplementedFrom}");
            Assert.True(layout.Versions.Contains(api.MaxVersion), $"{api.Key} {api.MaxVersion}");
            if (layout.FlexibleFrom <= api.MaxVersion)
            {
                Assert.Equal(layout.FlexibleFrom, api.FlexibleFrom);
            }
            else
            {
                Assert.True(api.FlexibleFrom > api.MaxVersion);
            }
        }
    }

    [Fact]
    public void Rows_stand_in_ascending_order_of_their_keys() =>
        Assert.Equal(ApiTable.All.OrderBy(x => x.Key).Select(x => x.Key), ApiTable.All.Select(x => x.Key));

    [Fact]
    public void Versions_that_clients_derive_features_from_are_advertised()
    {
        // librdkafka compresses only with Produce 0 advertised, and uses record batches with Produce 3, 7 and Fetch 4, 10.
        Assert.Equal(0, ApiTable.Find((short)ApiKey.Produce)!.MinVersion);
        Assert.Equal(4, ApiTable.Find((short)ApiKey.Fetch)!.MinVersion);
        Assert.True(ApiTable.Find((short)ApiKey.Fetch)!.MaxVersion >= 10);
    }

    [Fact]
    public async Task ApiVersions_newer_than_known_is_answered_in_version_0()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.SendFrameAsync([.. RawClient.Header(18, 99, 7, flexible: true), 1, 1, 0]);
        WireStruct answer = await client.ReceiveAsync("ApiVersions", 0, 7);
        Assert.Equal(35, answer.Number("error_code"));
        Assert.Equal(ApiTable.All.Count, answer.List("api_keys").Count);

        WireStruct retried = await client.CallAsync("ApiVersions", 3, MinimalRequests.For("ApiVersions"));
        Assert.Equal(0, retried.Number("error_code"));
    }
}
