namespace StreamFlow.Dashboard;

/// <summary>A header of a record.</summary>
internal sealed record HeaderModel(string Name, string? Text, string? Hex);

/// <summary>A record of a topic.</summary>
internal sealed record RecordModel(
    int Partition, long Offset, DateTimeOffset? Timestamp, TextModel Key, TextModel Value, IReadOnlyList<HeaderModel> Headers);

/// <summary>Records of a topic, and where to read on.</summary>
internal sealed record RecordsModel(IReadOnlyList<RecordModel> Records, NextModel? Next);

/// <summary>Where to read on: to be sent as <c>offset</c>.</summary>
internal sealed record NextModel(string Offset);

/// <summary>The last records of a node, where that is allowed.</summary>
internal sealed record NodeRecordsModel(bool Enabled, IReadOnlyList<NodeRecordModel> Records);

/// <summary>A record of a node.</summary>
internal sealed record NodeRecordModel(
    DateTimeOffset? At, TextModel Key, TextModel Value, DateTimeOffset? Timestamp, string Topic, int Partition, long Offset);

/// <summary>A broker, or a cluster of them.</summary>
internal sealed record BrokerModel(
    string Kind, string BootstrapServers, IReadOnlyList<TopicModel> Topics, IReadOnlyList<GroupModel> Groups,
    IReadOnlyList<TransactionModel> Transactions);

/// <summary>A topic of a broker.</summary>
internal sealed record TopicModel(
    string Name, bool IsInternal, IReadOnlyList<PartitionModel> Partitions, long? Records, long? Bytes, string? Retention, double? PerSecond);

/// <summary>A partition of a topic.</summary>
internal sealed record PartitionModel(int Partition, long Start, long End, long? Bytes);

/// <summary>A consumer group.</summary>
internal sealed record GroupModel(
    string Id, string State, IReadOnlyList<MemberModel> Members, long? Lag, IReadOnlyList<GroupOffsetModel> Offsets);

/// <summary>A member of a group.</summary>
internal sealed record MemberModel(string Id, string ClientId, string Host, IReadOnlyList<string> Partitions);

/// <summary>How far a group is in a partition.</summary>
internal sealed record GroupOffsetModel(string Topic, int Partition, long Committed, long End, long Lag);

/// <summary>A transaction that is open.</summary>
internal sealed record TransactionModel(string Id, string State, double OpenSeconds, IReadOnlyList<string> Partitions);
