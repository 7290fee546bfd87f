using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Hands out producer ids to idempotent producers.</summary>
internal sealed class ProducerIdHandler(TopicStore store, BrokerLog log)
{
    public InitProducerIdResponse Handle(InitProducerIdRequest request)
    {
        if (request.TransactionalId is { } transactionalId)
        {
            return Failed(transactionalId.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.UnsupportedVersion);
        }

        try
        {
            return new InitProducerIdResponse(ErrorCode.None, store.AllocateProducerId(), 0);
        }
        catch (IOException exception)
        {
            log.Write($"Could not reserve producer ids: {exception.Message}");
            return Failed(ErrorCode.KafkaStorageError);
        }
    }

    private static InitProducerIdResponse Failed(ErrorCode error) => new(error, -1, -1);
}
