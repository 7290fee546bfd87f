using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>What Confluent.Kafka's admin client does.</summary>
internal sealed class ConfluentAdmin(ClientSettings settings, string prefix)
{
    public void AddTo(Dictionary<string, Func<Task>> features)
    {
        features["admin: topics"] = TopicsAsync;
        features["admin: configs"] = ConfigsAsync;
        features["admin: groups"] = GroupsAsync;
        features["admin: rules"] = RulesAsync;
        features["admin: users"] = UsersAsync;
    }

    private IAdminClient Admin() => new AdminClientBuilder(settings.Plain()).Build();

    private async Task TopicsAsync()
    {
        string topic = await settings.TopicAsync(prefix + "admin");
        using IAdminClient admin = Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 3 }]);
        DescribeTopicsResult described = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]));
        Assert.Equal(3, described.TopicDescriptions[0].Partitions.Count);
        await admin.DeleteTopicsAsync([topic]);
        Assert.DoesNotContain(admin.GetMetadata(ClientSettings.Deadline).Topics, x => x.Topic == topic);
    }

    private async Task ConfigsAsync()
    {
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = await settings.TopicAsync(prefix + "configs") };
        using IAdminClient admin = Admin();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [resource] = [new ConfigEntry { Name = "retention.ms", Value = "12345", IncrementalOperation = AlterConfigOpType.Set }],
        });
        Assert.Equal("12345", (await admin.DescribeConfigsAsync([resource]))[0].Entries["retention.ms"].Value);
    }

    private async Task GroupsAsync()
    {
        string topic = await settings.TopicAsync(prefix + "admin-groups");
        TopicPartition partition = new(topic, 0);
        using IConsumer<string, string> consumer = settings.Consumer(topic, new ConsumerConfig());
        consumer.Commit([new TopicPartitionOffset(partition, 5)]);
        using IAdminClient admin = Admin();
        Assert.Contains((await admin.ListConsumerGroupsAsync()).Valid, x => x.GroupId == topic);
        DescribeConsumerGroupsResult described = await admin.DescribeConsumerGroupsAsync([topic]);
        Assert.Equal(ConsumerGroupState.Empty, described.ConsumerGroupDescriptions[0].State);
        await admin.AlterConsumerGroupOffsetsAsync(
            [new ConsumerGroupTopicPartitionOffsets(topic, [new TopicPartitionOffset(partition, 3)])]);
        List<ListConsumerGroupOffsetsResult> offsets =
            await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(topic, [partition])]);
        Assert.Equal(3, offsets[0].Partitions[0].Offset.Value);
        await admin.DeleteConsumerGroupOffsetsAsync(topic, [partition]);
        await admin.DeleteGroupsAsync([topic]);
        Assert.DoesNotContain((await admin.ListConsumerGroupsAsync()).Valid, x => x.GroupId == topic);
    }

    private async Task RulesAsync()
    {
        AclBinding rule = new()
        {
            Pattern = new ResourcePattern
            {
                Type = ResourceType.Topic, Name = prefix + "rules", ResourcePatternType = ResourcePatternType.Prefixed,
            },
            Entry = new AccessControlEntry
            {
                Principal = "User:bob", Host = "*", Operation = AclOperation.Read, PermissionType = AclPermissionType.Allow,
            },
        };
        using IAdminClient admin = Admin();
        await admin.CreateAclsAsync([rule]);
        Assert.Equal([rule], (await admin.DescribeAclsAsync(rule.ToFilter())).AclBindings);
        await admin.DeleteAclsAsync([rule.ToFilter()]);
        Assert.Empty((await admin.DescribeAclsAsync(rule.ToFilter())).AclBindings);
    }

    private async Task UsersAsync()
    {
        string user = prefix + "carol";
        using IAdminClient admin = Admin();
        await admin.AlterUserScramCredentialsAsync(
        [
            new UserScramCredentialUpsertion
            {
                User = user,
                ScramCredentialInfo = new ScramCredentialInfo { Mechanism = ScramMechanism.ScramSha512, Iterations = 8192 },
                Password = "secret"u8.ToArray(),
            },
        ]);
        DescribeUserScramCredentialsResult found = await admin.DescribeUserScramCredentialsAsync([user]);
        Assert.Equal(8192, found.UserScramCredentialsDescriptions[0].ScramCredentialInfos[0].Iterations);
        await admin.AlterUserScramCredentialsAsync(
            [new UserScramCredentialDeletion { User = user, Mechanism = ScramMechanism.ScramSha512 }]);
        await Assert.ThrowsAsync<DescribeUserScramCredentialsException>(() => admin.DescribeUserScramCredentialsAsync([user]));
    }
}
