namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record SaslHandshakeRequest(string Mechanism) : IRequest<SaslHandshakeRequest>
{
    public static SaslHandshakeRequest Read(ref WireReader r) => new(r.ReadString());
}

internal sealed record SaslHandshakeResponse(ErrorCode Error, IReadOnlyList<string> Mechanisms) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteError(Error);
        w.WriteArrayLength(Mechanisms.Count);
        foreach (string mechanism in Mechanisms)
        {
            w.WriteString(mechanism);
        }
    }
}

internal sealed record SaslAuthenticateRequest(byte[] AuthBytes) : IRequest<SaslAuthenticateRequest>
{
    public static SaslAuthenticateRequest Read(ref WireReader r)
    {
        byte[] bytes = r.ReadBytes().ToArray();
        r.SkipTags();
        return new SaslAuthenticateRequest(bytes);
    }
}

internal sealed record SaslAuthenticateResponse(ErrorCode Error, string? Message, byte[] AuthBytes, long LifetimeMs) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteError(Error);
        w.WriteNullableString(Message);
        w.WriteBytes(AuthBytes);
        if (w.Version >= 1)
        {
            w.WriteInt64(LifetimeMs);
        }

        w.WriteEmptyTags();
    }
}
