using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>The requests by which a client authenticates; the state of it belongs to the connection.</summary>
internal static class SaslHandler
{
    /// <summary>What messages about refused clients have in common.</summary>
    public const string Kind = "authentication";

    public static SaslHandshakeResponse Handshake(SaslHandshakeRequest request, RequestContext context)
    {
        if (context.Connection.Sasl is not { } sasl)
        {
            return new SaslHandshakeResponse { ErrorCode = ErrorCode.IllegalSaslState };
        }

        ErrorCode error = sasl.Handshake(request.Mechanism, context.Version);
        if (error == ErrorCode.UnsupportedSaslMechanism)
        {
            context.Connection.Close(
                $"it asked for the mechanism '{request.Mechanism}'; offered are {string.Join(", ", context.Connection.Mechanisms)}.", Kind);
        }

        return new SaslHandshakeResponse { ErrorCode = error, Mechanisms = [.. context.Connection.Mechanisms] };
    }

    public static async ValueTask<IResponse?> AuthenticateAsync(SaslAuthenticateRequest request, RequestContext context)
    {
        if (context.Connection.Sasl is not { } sasl)
        {
            return new SaslAuthenticateResponse
            {
                ErrorCode = ErrorCode.IllegalSaslState,
                ErrorMessage = "SaslAuthenticate request received on a listener without SASL",
            };
        }

        SaslAnswer answer = await sasl.AuthenticateAsync(request.AuthBytes, context.Connection.Stopping).ConfigureAwait(false);
        CloseIfRefused(answer, context.Connection);
        return new SaslAuthenticateResponse
        {
            ErrorCode = answer.Error,
            ErrorMessage = answer.Message,
            AuthBytes = answer.Answer,
            SessionLifetimeMs = context.Version >= 1 ? answer.LifetimeMs : 0,
        };
    }

    /// <summary>Takes a message of a mechanism that came without a header, as after a handshake of version 0, and answers alike.</summary>
    public static async ValueTask<WireWriter?> AuthenticateBareAsync(byte[] message, ConnectionContext connection)
    {
        SaslAnswer answer = await connection.Sasl!.AuthenticateAsync(message, connection.Stopping).ConfigureAwait(false);
        if (CloseIfRefused(answer, connection))
        {
            return null;
        }

        WireWriter writer = new();
        foreach (byte part in answer.Answer)
        {
            writer.WriteInt8((sbyte)part);
        }

        return writer;
    }

    private static bool CloseIfRefused(in SaslAnswer answer, ConnectionContext connection)
    {
        if (answer.Refusal is null)
        {
            return false;
        }

        connection.Close($"{answer.Refusal}.", Kind);
        return true;
    }
}
