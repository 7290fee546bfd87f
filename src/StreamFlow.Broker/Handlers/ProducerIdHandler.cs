using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Hands out producer ids: fresh ones to idempotent producers, those of their id to transactional ones.</summary>
internal sealed class ProducerIdHandler(TopicStore store, TransactionCoordinator transactions, BrokerLog log)
{
    /// <summary>First version whose clients know PRODUCER_FENCED.</summary>
    private const short FencedFrom = 4;

    public async ValueTask<IResponse?> HandleAsync(InitProducerIdRequest request, RequestContext context)
    {
        ErrorCode refusal = Refuse(request.TransactionalId, context);
        if (refusal != ErrorCode.None)
        {
            return Failed(refusal);
        }

        try
        {
            if (request.TransactionalId is null)
            {
                return new InitProducerIdResponse { ProducerId = store.AllocateProducerId() };
            }

            if (request.ProducerId < 0 != request.ProducerEpoch < 0)
            {
                return Failed(ErrorCode.InvalidRequest);
            }

            ProducerIdentity expected = request.ProducerId < 0
                ? ProducerIdentity.None
                : new ProducerIdentity(request.ProducerId, request.ProducerEpoch);
            TransactionReply reply = await transactions
                .InitProducerAsync(request.TransactionalId, request.TransactionTimeoutMs, expected)
                .ConfigureAwait(false);
            ErrorCode error = TransactionHandler.Downgrade(reply.Error, context.Version, FencedFrom);
            return new InitProducerIdResponse
            {
                ErrorCode = error,
                ProducerId = reply.Producer.ProducerId,
                ProducerEpoch = reply.Producer.Epoch,
            };
        }
        catch (IOException exception)
        {
            log.Repeated.Write(nameof(HandlerLog.NoProducerIds), target => HandlerLog.NoProducerIds(target, exception.Message));
            return Failed(ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>An id of its own is for everybody who may write anywhere.</summary>
    private static ErrorCode Refuse(string? transactionalId, RequestContext context)
    {
        if (transactionalId is not null)
        {
            return context.MayTransact(AclOperation.Write, transactionalId)
                ? ErrorCode.None
                : ErrorCode.TransactionalIdAuthorizationFailed;
        }

        bool writes = context.Connection.Access?.Authorizer.AllowsAny(context.Connection.Caller, AclOperation.Write, AclResourceType.Topic) ?? true;
        return writes || context.MayCluster(AclOperation.IdempotentWrite) ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed;
    }

    private static InitProducerIdResponse Failed(ErrorCode error) => new() { ErrorCode = error, ProducerEpoch = -1 };
}
