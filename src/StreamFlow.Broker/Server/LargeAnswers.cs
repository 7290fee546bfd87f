namespace StreamFlow.Broker.Server;

/// <summary>
/// The requests whose answers may be much larger than they are themselves. They wait while the bytes for answers are used up; all
/// others are answered, so that producers write, members stay and transactions end whatever somebody else does not read.
/// </summary>
internal static class LargeAnswers
{
    public static bool MayHave(ApiKey api) => api is ApiKey.Metadata or ApiKey.OffsetFetch or ApiKey.DescribeGroups or ApiKey.ListGroups
        or ApiKey.CreateTopics or ApiKey.DescribeAcls or ApiKey.DescribeConfigs or ApiKey.DescribeLogDirs
        or ApiKey.DescribeProducers or ApiKey.DescribeTransactions or ApiKey.ListTransactions or ApiKey.ConsumerGroupDescribe
        or ApiKey.ListConfigResources or ApiKey.DescribeTopicPartitions or ApiKey.DescribeUserScramCredentials
        or ApiKey.IncrementalAlterConfigs or ApiKey.AlterConfigs;
}
