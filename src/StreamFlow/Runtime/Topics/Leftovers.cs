using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// What an application has made for itself and its topology no longer uses: internal topics and stores on disk. Mostly it is a store
/// with a generated name that has another one now, and begins from nothing, because an operator was added or taken away before it.
/// </summary>
internal sealed class Leftovers(TopologyPlan plan, StreamFlowOptions options, ILogger logger)
{
    private static readonly string[] Suffixes =
        [InternalTopics.RepartitionSuffix, "-changelog", "-subscription-registration-topic", "-subscription-response-topic"];

    /// <summary>Names them all in one warning, if there are any. That they cannot be looked up is no reason not to start.</summary>
    public async Task TellAsync(IKafkaAdmin admin, StateDirectory? directory, CancellationToken cancellationToken)
    {
        var topics = await TopicsAsync(admin, cancellationToken).ConfigureAwait(false);
        var stores = directory is null ? [] : Stores(directory);
        if (topics.Count + stores.Count == 0)
        {
            return;
        }

        var found = new[] { Listed("the internal topics ", topics), Listed("the local stores ", stores) }.Where(text => text.Length > 0);
        RuntimeLog.LeftOver(logger, options.ApplicationId, string.Join(" and ", found), options.ApplicationId + "-");
    }

    private async Task<List<string>> TopicsAsync(IKafkaAdmin admin, CancellationToken cancellationToken)
    {
        var prefix = options.ApplicationId + "-";
        var used = plan.SubTopologies
            .SelectMany(s => s.RepartitionSinks.Select(topic => topic.Name)
                .Concat(s.Stores.Where(store => store.IsLogged).Select(store => store.ChangelogTopic)))
            .Select(name => prefix + name)
            .Concat(plan.SubTopologies.Concat(plan.Globals).SelectMany(s => s.Sources.Select(t => t.Name).Concat(s.SinkTopics)))
            .ToHashSet(StringComparer.Ordinal);
        try
        {
            var all = await admin.ListTopicsAsync(cancellationToken).ConfigureAwait(false);
            return [.. all
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !used.Contains(name)
                    && Suffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal)];
        }
        catch (KafkaClientException exception)
        {
            RuntimeLog.LeftoversNotSeen(logger, exception, options.ApplicationId);
            return [];
        }
    }

    /// <summary>Stores of tasks that have a folder, by what is written beside it.</summary>
    private List<string> Stores(StateDirectory directory)
    {
        var used = plan.SubTopologies.ToDictionary(s => s.Id, s => s.Stores.Select(store => store.Name).ToHashSet(StringComparer.Ordinal));
        return [.. directory.LabelledTasks()
            .SelectMany(task => directory.LabelsOf(task).Keys
                .Where(name => !used.TryGetValue(task.SubTopology, out var names) || !names.Contains(name))
                .Select(name => (Name: name, Task: task)))
            .GroupBy(store => store.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key} of {string.Join(", ", group.Select(store => store.Task).Order())}")];
    }

    private static string Listed(string what, List<string> names) =>
        names.Count == 0 ? string.Empty : what + string.Join(", ", names.Select(name => $"'{name}'"));
}
