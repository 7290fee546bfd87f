namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>Asks for the coordinator of one key (up to version 3) or of several.</summary>
internal sealed record FindCoordinatorRequest(sbyte KeyType, string[] Keys) : IRequest<FindCoordinatorRequest>
{
    public const sbyte GroupKey = 0;
    public const sbyte TransactionKey = 1;

    public static FindCoordinatorRequest Read(ref WireReader r)
    {
        string[] keys = r.Version < 4 ? [r.ReadString()] : [];
        sbyte keyType = r.Version >= 1 ? r.ReadInt8() : GroupKey;
        if (r.Version >= 4)
        {
            keys = r.ReadStringArray();
        }

        r.SkipTags();
        return new FindCoordinatorRequest(keyType, keys);
    }
}

internal readonly record struct CoordinatorEntry(string Key, ErrorCode Error, string? ErrorMessage);

/// <summary>One node: the coordinator of everything is the same broker.</summary>
internal sealed record FindCoordinatorResponse(MetadataBroker Self, CoordinatorEntry[] Entries) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        if (w.Version >= 4)
        {
            w.WriteArrayLength(Entries.Length);
            foreach (CoordinatorEntry entry in Entries)
            {
                w.WriteString(entry.Key);
                WriteNode(w, entry.Error);
                w.WriteError(entry.Error);
                w.WriteNullableString(entry.ErrorMessage);
                w.WriteEmptyTags();
            }
        }
        else
        {
            WriteSingle(w, Entries[0]);
        }

        w.WriteEmptyTags();
    }

    private void WriteSingle(WireWriter w, CoordinatorEntry entry)
    {
        w.WriteError(entry.Error);
        if (w.Version >= 1)
        {
            w.WriteNullableString(entry.ErrorMessage);
        }

        WriteNode(w, entry.Error);
    }

    private void WriteNode(WireWriter w, ErrorCode error)
    {
        bool known = error == ErrorCode.None;
        w.WriteInt32(known ? Self.NodeId : -1);
        w.WriteString(known ? Self.Host : "");
        w.WriteInt32(known ? Self.Port : -1);
    }
}
