namespace StreamFlow.Broker.Server;

/// <summary>This broker as clients are to find it.</summary>
internal readonly record struct MetadataBroker(int NodeId, string Host, int Port);
