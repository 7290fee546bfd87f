using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Verification.Faults;

/// <summary>What others do to the topics and to the group.</summary>
internal sealed class ClusterFaults(Arena arena, Random random)
{
    private const int MostPartitions = 16;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private int _strangers;

    /// <summary>The topic that is read without state gets partitions, and inputs go there at once.</summary>
    public async Task<int> AddPartitionsAsync()
    {
        if (arena.PassingPartitions < MostPartitions)
        {
            var count = arena.PassingPartitions + random.Next(1, 3);
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = arena.BootstrapServers })
                .SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
            await UntilDoneAsync(() => admin.CreatePartitionsAsync(
                [new PartitionsSpecification { Topic = Workload.Passing, IncreaseTo = count }]));
            arena.PassingPartitions = count;
        }

        return 0;
    }

    /// <summary>
    /// Another program joins the group, takes partitions away, reads them without committing, and leaves; some worker must
    /// have named it. What it read has to be processed all the same.
    /// </summary>
    public async Task<int> VisitAsync()
    {
        var name = $"stranger{arena.Cluster}-{++_strangers}";
        using (var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = arena.BootstrapServers,
            ClientId = name,
            GroupId = Workload.ApplicationId,
            EnableAutoCommit = false,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        }).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build())
        {
            consumer.Subscribe([Workload.Accounts, Workload.Passing]);
            var began = Stopwatch.GetTimestamp();
            var stays = TimeSpan.FromMilliseconds(random.Next(500, 3000));
            var isNamed = false;
            while (Stopwatch.GetElapsedTime(began) < (isNamed ? stays : Limit))
            {
                Serve(consumer);
                isNamed = isNamed || arena.Workers.Any(w => w.HasLogged($"A stranger is in the group '{Workload.ApplicationId}': '{name}'"));
                await Task.Yield();
            }

            arena.CheckLiveness(isNamed, $"no worker has named the stranger '{name}' in its group for {Limit.TotalSeconds} s");
            consumer.Close();
        }

        return 0;
    }

    private static void Serve(IConsumer<byte[], byte[]> consumer)
    {
        try
        {
            consumer.Consume(TimeSpan.FromMilliseconds(50));
        }
        catch (ConsumeException)
        {
            // A broker that is away for other reasons.
        }
    }

    /// <summary>A broker may be away for other reasons, or may have done already what it did not answer.</summary>
    private static async Task UntilDoneAsync(Func<Task> change)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await change();
                return;
            }
            catch (CreatePartitionsException exception)
                when (exception.Results.TrueForAll(r => r.Error.Code == ErrorCode.InvalidPartitions))
            {
                return;
            }
            catch (KafkaException) when (Stopwatch.GetElapsedTime(began) < Limit)
            {
                await Task.Delay(100);
            }
        }
    }
}
