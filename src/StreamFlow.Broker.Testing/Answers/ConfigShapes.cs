using static StreamFlow.Broker.Testing.RequestShapes;

namespace StreamFlow.Broker.Testing;

/// <summary>Requests about settings, quotas and reports of clients.</summary>
internal static class ConfigShapes
{
    public static IReadOnlyList<RequestShape> All { get; } =
    [
        RequestShape.Of<DescribeConfigsRequest>(BrokerApi.DescribeConfigs, static (r, e, _) => new DescribeConfigsResponse
        {
            Results = Each(r.Resources, resource => new DescribeConfigsResponseResults
            {
                ErrorCode = e, ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
            }),
        }),
        RequestShape.Of<AlterConfigsRequest>(BrokerApi.AlterConfigs, static (r, e, _) => new AlterConfigsResponse
        {
            Responses = Each(r.Resources, resource => new AlterConfigsResponseResponses
            {
                ErrorCode = e, ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
            }),
        }),
        RequestShape.Of<IncrementalAlterConfigsRequest>(BrokerApi.IncrementalAlterConfigs, static (r, e, _) => new IncrementalAlterConfigsResponse
        {
            Responses = Each(r.Resources, resource => new IncrementalAlterConfigsResponseResponses
            {
                ErrorCode = e, ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
            }),
        }),
        RequestShape.Flat<ListConfigResourcesRequest>(BrokerApi.ListConfigResources, static e => new ListConfigResourcesResponse { ErrorCode = e }),
        RequestShape.Flat<DescribeClientQuotasRequest>(
            BrokerApi.DescribeClientQuotas, static e => new DescribeClientQuotasResponse { ErrorCode = e, Entries = null }),
        RequestShape.Flat<GetTelemetrySubscriptionsRequest>(
            BrokerApi.GetTelemetrySubscriptions, static e => new GetTelemetrySubscriptionsResponse { ErrorCode = e }),
        RequestShape.Flat<PushTelemetryRequest>(BrokerApi.PushTelemetry, static e => new PushTelemetryResponse { ErrorCode = e }),
    ];
}
