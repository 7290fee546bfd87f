using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Describes the cluster of one.</summary>
internal sealed class ClusterHandler(string clusterId)
{
    public DescribeClusterResponse Describe(DescribeClusterRequest request, MetadataBroker self) =>
        request.EndpointType == DescribeClusterRequest.Brokers
            ? new DescribeClusterResponse(ErrorCode.None, null, request.EndpointType, clusterId, self)
            : new DescribeClusterResponse(
                ErrorCode.InvalidRequest,
                $"Endpoint type {request.EndpointType} is not served; this broker has no controller listener.",
                request.EndpointType,
                clusterId,
                self);
}
