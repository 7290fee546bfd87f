using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Describes the cluster of one.</summary>
internal sealed class ClusterHandler(string clusterId)
{
    private const sbyte Brokers = 1;

    public DescribeClusterResponse Describe(DescribeClusterRequest request, MetadataBroker self)
    {
        DescribeClusterResponse response = new()
        {
            EndpointType = request.EndpointType,
            ClusterId = clusterId,
            ControllerId = self.NodeId,
        };
        if (request.EndpointType == Brokers)
        {
            response.Brokers =
                [new DescribeClusterResponseBrokers { BrokerId = self.NodeId, Host = self.Host, Port = self.Port }];
        }
        else
        {
            response.ErrorCode = ErrorCode.InvalidRequest;
            response.ErrorMessage =
                $"Endpoint type {request.EndpointType} is not served; this broker has no controller listener.";
        }

        return response;
    }
}
