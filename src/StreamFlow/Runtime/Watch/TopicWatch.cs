using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Sees how the topics change under a running application, and says what becomes of it: it goes on, its threads join anew,
/// or it ends with what a start would say.
/// </summary>
/// <param name="services">What the threads share; the topics in it are replaced.</param>
/// <param name="rejoin">Makes all threads join anew.</param>
/// <param name="fail">Ends the application.</param>
internal sealed class TopicWatch(ThreadServices services, Action rejoin, Action<Exception> fail) : IDisposable
{
    /// <summary>
    /// A broker that has just come back may not know all of its topics for a moment: what is bad news is looked at again.
    /// </summary>
    private const int Looks = 3;

    private const double AlmostOver = 0.9;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long? _looked;
    private volatile bool _hasFailed;

    /// <summary>Whether the application cannot go on with its topics.</summary>
    public bool HasFailed => _hasFailed;

    public IReadOnlyList<string> Problems =>
        [.. services.Topics.Missing.Select(topic =>
            $"The source topic '{topic}' does not exist any more: nothing is read from it. Create it again, or stop the application"),
        .. services.Topics.MissingOutputs.Select(topic =>
            $"The output topic '{topic}' does not exist: records for it go to the production error handler. Create it, or stop the "
            + "application")];

    /// <summary>Looks when the group has rebalanced, or it is time to: members are looked at more often than topics.</summary>
    public Task LookIfDueAsync(IKafkaAdmin admin, bool hasRebalanced, CancellationToken stopping) =>
        hasRebalanced || _looked is not { } looked
            || services.Time.GetElapsedTime(looked) >= services.Options.ClusterCheckInterval * AlmostOver
            ? LookAsync(admin, hasRebalanced, stopping)
            : Task.CompletedTask;

    /// <param name="admin">What is asked.</param>
    /// <param name="withConfigs">Whether configurations are looked at although nothing else has changed.</param>
    /// <param name="stopping">The application ends.</param>
    /// <exception cref="KafkaClientException">The broker does not answer.</exception>
    public async Task LookAsync(IKafkaAdmin admin, bool withConfigs, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            if (!_hasFailed)
            {
                await LookInTurnAsync(admin, withConfigs, stopping).ConfigureAwait(false);
                _looked = services.Time.GetTimestamp();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task LookInTurnAsync(IKafkaAdmin admin, bool withConfigs, CancellationToken stopping)
    {
        var topics = new TopicPreparation(services.Topics.Plan, services.Options, admin, services.Logger);
        for (var look = 1; ; look++)
        {
            try
            {
                var seen = await topics.LookAgainAsync(services.Topics, withConfigs, stopping).ConfigureAwait(false);
                if (look == Looks || (seen.LetGo.Count == 0 && !Gone(seen).Any()))
                {
                    if (Deleted(seen) is { } deleted)
                    {
                        _hasFailed = true;
                        fail(deleted);
                        return;
                    }

                    Adopt(seen);
                    return;
                }
            }
            catch (TopologyException exception) when (look == Looks)
            {
                _hasFailed = true;
                fail(exception);
                return;
            }
            catch (TopologyException)
            {
                // Seen again below, if it is so.
            }

            await Task.Delay(Pause, services.Time, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>The user's topics that were there when somebody looked last.</summary>
    private IEnumerable<string> Gone(ResolvedTopics seen) =>
        seen.Missing.Concat(seen.MissingOutputs).Except(services.Topics.Missing.Concat(services.Topics.MissingOutputs));

    private IEnumerable<string> MadeAnew(ResolvedTopics seen) =>
        seen.Ids.Where(t => services.Topics.Ids.TryGetValue(t.Key, out var id) && id != t.Value).Select(t => t.Key);

    /// <summary>What ends the application, if it is to end by topics that are gone.</summary>
    private TopologyException? Deleted(ResolvedTopics seen)
    {
        var deleted = Gone(seen).Select(t => $"'{t}' does not exist any more")
            .Concat(MadeAnew(seen).Select(t => $"'{t}' was deleted and made anew"))
            .ToList();
        return services.Options.DeletedTopics != DeletedTopicResponse.Fail || deleted.Count == 0
            ? null
            : new TopologyException(
                $"While the application ran, topics were deleted: {string.Join(", ", deleted)}. It ends, because DeletedTopics is "
                + "Fail. Restore what is needed, look after the group's positions, and start it again.");
    }

    private void Adopt(ResolvedTopics seen)
    {
        var known = services.Topics;
        if (seen.IsSameAs(known))
        {
            return;
        }

        Tell(known, seen);
        services.Topics = seen;
        if (!seen.Continues(known))
        {
            RuntimeLog.AllJoinAnew(services.Logger, services.Options.ApplicationId);
            rejoin();
        }
    }

    private void Tell(ResolvedTopics known, ResolvedTopics seen)
    {
        foreach (var (topic, count) in seen.PartitionCounts)
        {
            if (!known.PartitionCounts.TryGetValue(topic, out var before))
            {
                RuntimeLog.TopicMatched(services.Logger, topic, services.Options.ApplicationId);
            }
            else if (count != before)
            {
                RuntimeLog.PartitionsChanged(services.Logger, topic, count, before);
            }

            if (known.Ids.TryGetValue(topic, out var former) && seen.Ids.TryGetValue(topic, out var id) && id != former)
            {
                RuntimeLog.SourceMadeAnew(services.Logger, topic, former, id, services.Options.ApplicationId);
            }
        }

        foreach (var topic in seen.LetGo)
        {
            RuntimeLog.TopicLetGo(services.Logger, topic, services.Options.ApplicationId);
        }

        foreach (var topic in MadeAnew(seen).Where(t => !seen.PartitionCounts.ContainsKey(t)))
        {
            RuntimeLog.OutputMadeAnew(services.Logger, topic, known.Ids[topic], seen.Ids[topic]);
        }
    }
}
