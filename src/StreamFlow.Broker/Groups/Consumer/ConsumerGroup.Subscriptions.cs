using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Groups;

/// <content>From what members subscribe to, over the group's epoch and its target, to what a member has.</content>
internal sealed partial class ConsumerGroup
{
    /// <summary>As often as Apache Kafka does.</summary>
    private const long SearchAgainMs = 10 * 60 * 1000;

    private void Subscribe(
        string memberId, MemberMetadata metadata, IReadOnlySet<TopicIdPartition>? owned, ClockReading now)
    {
        MemberMetadata? before = _image.Members.GetValueOrDefault(memberId);
        bool hasOtherNames = !metadata.TopicNames.SequenceEqual(before?.TopicNames ?? []);
        bool hasOtherPattern = metadata.TopicPattern != (before?.TopicPattern ?? "");
        if (!metadata.Equals(before))
        {
            Write(new MemberMetadataRecord(memberId, metadata));
        }

        if (hasOtherPattern)
        {
            ForgetUnusedPatterns();
        }

        bool wantsOthers = hasOtherNames || hasOtherPattern;
        if (wantsOthers || _seenTopics != _topics.Version)
        {
            _seenTopics = _topics.Version;
            long hash = MetadataHash();
            if (wantsOthers || hash != _image.MetadataHash)
            {
                RaiseEpoch(hash);
            }
        }

        AssignIfDue(now);
        Reconcile(memberId, owned, wantsOthers, now);
        Touch(memberId, now);
    }

    private void RaiseEpoch(long metadataHash) => Write(new GroupEpochRecord(_image.GroupEpoch + 1, metadataHash));

    private bool IsAssignmentDue(ClockReading now) => _image.GroupEpoch > _image.TargetEpoch
        && (_image.TargetEpoch == 0
            || now.UnixMs - _image.TargetTimestampMs >= Settings.AssignmentInterval.TotalMilliseconds);

    private void AssignIfDue(ClockReading now)
    {
        if (!IsAssignmentDue(now))
        {
            return;
        }

        AssignorMember[] members =
        [
            .. _image.Members.Select(member => new AssignorMember(
                member.Key, member.Value.InstanceId, [.. TopicsOf(member.Value)], _image.TargetOf(member.Key))),
        ];
        foreach ((string memberId, HashSet<TopicIdPartition> target) in ServerAssignors.Assign(AssignorName(), members))
        {
            if (!target.SetEquals(_image.TargetOf(memberId)) || !_image.Targets.ContainsKey(memberId))
            {
                Write(new TargetAssignmentRecord(memberId, target));
            }
        }

        Write(new TargetEpochRecord(_image.GroupEpoch, now.UnixMs));
    }

    private void Reconcile(
        string memberId, IReadOnlySet<TopicIdPartition>? owned, bool wantsOthers, ClockReading now)
    {
        HashSet<Guid> subscribed = [.. TopicsOf(_image.Members[memberId]).Select(static topic => topic.Id)];
        var reconciliation = new Reconciliation(
            _image.TargetEpoch, _image.TargetOf(memberId), owned, subscribed.Contains, _image.IsFree);
        CurrentAssignment current = _image.CurrentOf(memberId);
        CurrentAssignment next = reconciliation.Next(current, wantsOthers);
        if (!ReferenceEquals(next, current))
        {
            Write(new CurrentAssignmentRecord(memberId, next));
            WatchRevocation(memberId, next, now);
        }
    }

    /// <summary>The assignor most members ask for; of two the first by name, and the default when nobody asks.</summary>
    private string AssignorName() => _image.Members.Values
        .Select(static member => member.ServerAssignor)
        .Where(static name => name is not null)
        .CountBy(static name => name!)
        .OrderByDescending(static votes => votes.Value)
        .ThenBy(static votes => votes.Key, StringComparer.Ordinal)
        .Select(static votes => votes.Key)
        .FirstOrDefault(ServerAssignors.Default);

    private IEnumerable<TopicInfo> TopicsOf(MemberMetadata member) =>
        NamesOf(member).Select(_topics.Find).OfType<TopicInfo>();

    private IEnumerable<string> NamesOf(MemberMetadata member) => member.TopicPattern.Length == 0
        ? member.TopicNames
        : member.TopicNames.Union(_image.Patterns.GetValueOrDefault(member.TopicPattern)?.Topics ?? []);

    /// <summary>Zero without topics; else another number when one of them came, went or grew.</summary>
    private long MetadataHash()
    {
        string[] topics =
        [
            .. _image.Members.Values.SelectMany(NamesOf).Distinct().Order(StringComparer.Ordinal)
                .Select(_topics.Find).OfType<TopicInfo>()
                .Select(static topic => string.Create(
                    CultureInfo.InvariantCulture, $"{topic.Name}\n{topic.Id}\n{topic.Partitions}\n")),
        ];
        return topics.Length == 0
            ? 0
            : BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(topics))));
    }

    private bool TryReadPattern(string? pattern, out ConsumerHeartbeatResult? invalid)
    {
        invalid = null;
        if (string.IsNullOrEmpty(pattern) || _image.Patterns.ContainsKey(pattern)
            || TopicPattern.TryParse(pattern, out string error) is not null)
        {
            return true;
        }

        invalid = ConsumerHeartbeatResult.Failed(
            ErrorCode.InvalidRegularExpression,
            $"SubscribedTopicRegex `{pattern}` is not a valid regular expression: {error}.");
        return false;
    }

    /// <summary>
    /// Looks for the topics of a member's pattern if it is new, when there are other topics than before, and, where rules say
    /// what may be seen, every now and then, since they change. Who comes first decides what it finds, as in Apache Kafka.
    /// </summary>
    private void ResolvePattern(string pattern, Func<string, bool>? maySee, ClockReading now)
    {
        Search search = new(_topics.Version, now.MonotonicMs);
        bool isDone = pattern.Length == 0 || (_image.Patterns.ContainsKey(pattern)
            && _searches.TryGetValue(pattern, out Search last) && last.Topics == search.Topics
            && (maySee is null || search.AtMs - last.AtMs < SearchAgainMs));
        if (isDone)
        {
            return;
        }

        _searches[pattern] = search;
        IReadOnlyList<string> topics = Match(pattern, maySee);
        if (_image.Patterns.GetValueOrDefault(pattern) is not { } known || !known.Topics.SequenceEqual(topics))
        {
            Write(new PatternRecord(pattern, new ResolvedPattern(topics, search.Topics, now.UnixMs)));
            _seenTopics = -1;
        }
    }

    private IReadOnlyList<string> Match(string pattern, Func<string, bool>? maySee)
    {
        try
        {
            return TopicPattern.TryParse(pattern, out _)?.Match(maySee is null ? _topics.Names : _topics.Names.Where(maySee)) ?? [];
        }
        catch (RegexMatchTimeoutException)
        {
            // What it cannot find in time it does not find; what it found before stays, so that nobody loses partitions.
            return _image.Patterns.GetValueOrDefault(pattern)?.Topics ?? [];
        }
    }

    private void ForgetUnusedPatterns()
    {
        string[] unused =
        [
            .. _image.Patterns.Keys.Except(_image.Members.Values.Select(static member => member.TopicPattern)),
        ];
        Array.ForEach(unused, pattern => Write(new PatternRecord(pattern, null)));
        Array.ForEach(unused, pattern => _searches.Remove(pattern));
    }

    /// <summary>When a pattern was looked for, among which topics.</summary>
    private readonly record struct Search(long Topics, long AtMs);
}
