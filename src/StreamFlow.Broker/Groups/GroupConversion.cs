namespace StreamFlow.Broker.Groups;

/// <summary>A classic group as the records of a consumer group.</summary>
internal static class GroupConversion
{
    /// <summary>
    /// The members with what they subscribe to and have, in the epoch of their generation; null when a member's
    /// subscription or assignment cannot be read. Members that wait for their first generation come by themselves.
    /// </summary>
    public static IReadOnlyList<ConsumerGroupRecord>? ToConsumers(ClassicGroup classic, ITopicCatalog topics)
    {
        var records = new List<ConsumerGroupRecord>();
        int epoch = Math.Max(classic.Generation, ConsumerGroupImage.FirstEpoch);
        foreach ((MemberSnapshot member, IReadOnlyList<GroupProtocol> protocols) in classic.Members())
        {
            byte[] metadata = member.Subscription.Length > 0 ? member.Subscription : protocols[0].Metadata;
            EmbeddedSubscription? subscription = ConsumerProtocol.ReadSubscription(metadata);
            if (subscription is null || ConsumerProtocol.ReadAssignment(member.Assignment) is not { } assignment)
            {
                return null;
            }

            Dictionary<TopicIdPartition, int> assigned = (
                from partition in assignment
                let topic = topics.Find(partition.Topic)
                where topic is not null
                select new TopicIdPartition(topic.Id, partition.Partition)).Distinct().ToDictionary(x => x, _ => epoch);
            records.Add(new MemberMetadataRecord(member.MemberId, MetadataOf(member, protocols, subscription)));
            records.Add(new TargetAssignmentRecord(member.MemberId, assigned.Keys.ToHashSet()));
            records.Add(new CurrentAssignmentRecord(member.MemberId, new CurrentAssignment
            {
                MemberEpoch = epoch,
                PreviousMemberEpoch = epoch,
                State = MemberState.Stable,
                Assigned = assigned,
            }));
        }

        // A group without members becomes one when the first member raises its epoch.
        return records.Count == 0 ? [] :
        [
            new GroupEpochRecord(epoch, 0), .. records, new TargetEpochRecord(epoch, 0),
        ];
    }

    private static MemberMetadata MetadataOf(
        MemberSnapshot member, IReadOnlyList<GroupProtocol> protocols, EmbeddedSubscription subscription) => new()
    {
        InstanceId = member.InstanceId,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        RebalanceTimeoutMs = member.RebalanceTimeoutMs,
        TopicNames = [.. subscription.Topics.Distinct().Order(StringComparer.Ordinal)],
        Classic = new ClassicMemberMetadata(member.SessionTimeoutMs, protocols),
    };

    /// <summary>The group that records describe.</summary>
    public static ConsumerGroup Build(
        string groupId,
        IReadOnlyList<ConsumerGroupRecord> records,
        GroupCoordinatorOptions options,
        ITopicCatalog topics,
        ClockReading now)
    {
        var image = new ConsumerGroupImage();
        foreach (ConsumerGroupRecord record in records)
        {
            image.Apply(record);
        }

        return new ConsumerGroup(groupId, options, topics, image, now);
    }
}
