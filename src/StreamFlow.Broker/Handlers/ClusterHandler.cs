using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Describes the cluster of one.</summary>
internal sealed class ClusterHandler(string clusterId)
{
    private const sbyte Brokers = 1;
    private const sbyte Controllers = 2;

    public DescribeClusterResponse Describe(DescribeClusterRequest request, RequestContext context)
    {
        if (request.EndpointType != Brokers)
        {
            return Refuse(request.EndpointType);
        }

        MetadataBroker self = context.Connection.Self;
        return new DescribeClusterResponse
        {
            EndpointType = request.EndpointType,
            ClusterId = clusterId,
            ControllerId = self.NodeId,
            Brokers = [new DescribeClusterResponseBrokers { BrokerId = self.NodeId, Host = self.Host, Port = self.Port }],
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations
                ? AuthorizedOperations.OfBroker(context)
                : AuthorizedOperations.NotAsked,
        };
    }

    /// <summary>In Apache Kafka's words: clients have to understand that they asked a broker, not a controller.</summary>
    private static DescribeClusterResponse Refuse(sbyte endpointType) => endpointType == Controllers
        ? new DescribeClusterResponse
        {
            ErrorCode = ErrorCode.MismatchedEndpointType,
            ErrorMessage = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
        }
        : new DescribeClusterResponse
        {
            ErrorCode = ErrorCode.UnsupportedEndpointType,
            ErrorMessage = $"Unsupported endpoint type {endpointType}",
        };
}
