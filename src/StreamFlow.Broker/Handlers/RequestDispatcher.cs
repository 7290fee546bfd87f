using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Decodes a frame, calls the handler its header names and encodes the answer.</summary>
/// <param name="handlers">What answers.</param>
/// <param name="measured">Where requests are counted.</param>
/// <param name="time">The clock that they are timed by.</param>
internal sealed class RequestDispatcher(BrokerHandlers handlers, RequestInstruments measured, TimeProvider time)
{
    /// <summary>Enough for all partitions that there may be, twice; what they are decoded to takes some tens of MB.</summary>
    private const int MostEntries = 250_000;

    private volatile BrokerHandlers _handlers = handlers;

    /// <summary>Lets others answer the requests that come from here on.</summary>
    public void Replace(BrokerHandlers handlers) => _handlers = handlers;

    /// <summary>Handles one request, as <see cref="RequestDispatch"/> says.</summary>
    /// <exception cref="ProtocolException">The frame cannot be understood; the connection must be closed.</exception>
    public ValueTask<WireWriter?> DispatchAsync(Memory<byte> frame, ConnectionContext connection, out RequestOrder order)
    {
        if (connection.Sasl is { ExpectsBareMessage: true })
        {
            order = RequestOrder.AfterReply;
            return SaslHandler.AuthenticateBareAsync(frame.ToArray(), connection);
        }

        long began = measured.IsTimed ? time.GetTimestamp() : -1;
        WireReader reader = new(frame) { MaxEntries = MostEntries };
        short key = reader.ReadInt16();
        short version = reader.ReadInt16();
        int correlationId = reader.ReadInt32();
        ApiDescriptor api = ApiTable.Find(key) ?? throw new ProtocolException($"API key {key} is not supported.");
        if (connection.Sasl?.Refuse(api.Key) is { } reason)
        {
            throw new ProtocolException($"it sent {reason}.") { Kind = SaslHandler.Kind };
        }

        order = api.Order;
        if (version < api.ImplementedFrom || version > api.MaxVersion)
        {
            return api.Key == ApiKey.ApiVersions
                ? new ValueTask<WireWriter?>(Count(api, began, UnsupportedApiVersions(correlationId, connection)))
                : throw new ProtocolException(
                    $"{api.Key} version {version} is not supported; versions {api.ImplementedFrom} to {api.MaxVersion} are.");
        }

        string clientId = reader.ReadHeaderString() ?? "";
        reader.Version = version;
        reader.Flexible = version >= api.FlexibleFrom;
        reader.SkipTags();
        RequestContext context = new(connection, version, clientId) { Api = api.Key };
        connection.IsExclusive = false;
        ValueTask<IResponse?> answer = api.Invoke(_handlers, ref reader, context);
        order = connection.IsExclusive ? RequestOrder.AfterReply : order;
        return answer.IsCompletedSuccessfully
            ? new ValueTask<WireWriter?>(Count(api, began, Encode(api, version, correlationId, answer.Result, connection)))
            : EncodeLaterAsync(answer, api, version, correlationId, began, connection);
    }

    private async ValueTask<WireWriter?> EncodeLaterAsync(
        ValueTask<IResponse?> answer, ApiDescriptor api, short version, int correlationId, long began,
        ConnectionContext connection) =>
        Count(api, began, Encode(api, version, correlationId, await answer.ConfigureAwait(false), connection));

    private WireWriter? Count(ApiDescriptor api, long began, WireWriter? answer)
    {
        measured.Answered(api.Name, began < 0 ? -1 : time.GetElapsedTime(began).TotalSeconds);
        if (answer?.Errors is { } errors)
        {
            foreach (ErrorCode error in errors)
            {
                measured.Failed(api.Name, error.ToString());
            }
        }

        return answer;
    }

    private static WireWriter? Encode(
        ApiDescriptor api, short version, int correlationId, IResponse? response, ConnectionContext connection)
    {
        if (response is null)
        {
            return null;
        }

        WireWriter writer = new() { Version = version, Flexible = version >= api.FlexibleFrom };
        try
        {
            writer.WriteInt32(correlationId);

            // The header of an ApiVersions answer never has tags: the client does not know yet what the broker speaks.
            if (api.Key != ApiKey.ApiVersions)
            {
                writer.WriteEmptyTags();
            }

            response.Write(writer);
            CountBytes(writer, connection.Budget);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>An answer holds what it takes until it was sent.</summary>
    private static void CountBytes(WireWriter writer, ByteBudget budget)
    {
        long bytes = writer.HeldBytes > ByteBudget.OwnShare ? writer.HeldBytes : 0;
        if (writer.Held is ByteLease lease)
        {
            lease.Resize(bytes);
        }
        else if (bytes > 0)
        {
            budget.Add(bytes);
            writer.Held = new ByteLease(budget, bytes);
        }
    }

    /// <summary>A newer version than known is answered in the shape of version 0, which every client can read.</summary>
    private static WireWriter? UnsupportedApiVersions(int correlationId, ConnectionContext connection) =>
        Encode(
            ApiTable.Find((short)ApiKey.ApiVersions)!,
            0,
            correlationId,
            ApiVersionsHandler.Answer(ErrorCode.UnsupportedVersion, version: 0),
            connection);
}
