using System.Collections.Frozen;

namespace StreamFlow.Broker.Security;

/// <summary>
/// All rules at one moment, indexed by what they are about, and what follows from them: Apache Kafka's StandardAuthorizer
/// without its super users. Never changes; a change of the rules makes a new one.
/// </summary>
internal sealed class AclTable
{
    private const string Everybody = "User:*";

    private readonly FrozenDictionary<Pattern, AclBinding[]> _byPattern;
    private readonly FrozenDictionary<AclResourceType, int[]> _prefixLengths;

    public AclTable(IEnumerable<AclBinding> acls)
    {
        All = [.. acls.Distinct()];
        _byPattern = All
            .GroupBy(static x => new Pattern(x.ResourceType, x.PatternType, x.ResourceName))
            .ToFrozenDictionary(static x => x.Key, static x => x.ToArray());
        _prefixLengths = All
            .Where(static x => x.PatternType == AclPatternType.Prefixed)
            .GroupBy(static x => x.ResourceType, static x => x.ResourceName.Length)
            .ToFrozenDictionary(static x => x.Key, static x => x.Distinct().Order().ToArray());
    }

    public static AclTable Empty { get; } = new([]);

    public IReadOnlyList<AclBinding> All { get; }

    /// <summary>
    /// Whether somebody may do something. Deny wins over allow, whichever pattern is the closer one.
    /// </summary>
    /// <param name="principal">Who, as <c>User:name</c>.</param>
    /// <param name="host">The address they come from.</param>
    /// <param name="operation">What they want to do.</param>
    /// <param name="type">The kind of thing they want to do it to.</param>
    /// <param name="name">Its name.</param>
    /// <param name="withoutAcls">The answer where no rule is about the thing at all.</param>
    public bool Allows(
        string principal, string host, AclOperation operation, AclResourceType type, string name, bool withoutAcls)
    {
        Verdict verdict = new(principal, host, operation);
        verdict.Weigh(Find(type, AclPatternType.Literal, name));
        verdict.Weigh(Find(type, AclPatternType.Literal, AclBinding.Wildcard));
        if (_prefixLengths.TryGetValue(type, out int[]? lengths))
        {
            foreach (int length in lengths)
            {
                if (length > name.Length)
                {
                    break;
                }

                verdict.Weigh(Find(type, AclPatternType.Prefixed, name[..length]));
            }
        }

        return verdict.IsAllowed ?? (!verdict.HasAcls && withoutAcls);
    }

    /// <summary>
    /// Whether there can be any thing of a kind that somebody may do something to: a rule lets them, and none that forbids
    /// covers it whole. Implied operations do not count, as in Kafka.
    /// </summary>
    public bool AllowsAny(string principal, string host, AclOperation operation, AclResourceType type)
    {
        List<AclBinding> mine = [.. All.Where(x =>
            x.ResourceType == type
            && (x.Host == AclBinding.Wildcard || x.Host == host)
            && (x.Principal == principal || x.Principal == Everybody)
            && (x.Operation == operation || x.Operation == AclOperation.All))];
        HashSet<Pattern> denied = [.. mine.Where(static x => x.Permission == AclPermission.Deny)
            .Select(static x => new Pattern(x.ResourceType, x.PatternType, x.ResourceName))];
        if (denied.Contains(new Pattern(type, AclPatternType.Literal, AclBinding.Wildcard)))
        {
            return false;
        }

        return mine.Any(acl => acl.Permission == AclPermission.Allow
            && (IsEverything(acl) || !IsCovered(acl, denied)));
    }

    private static bool IsEverything(in AclBinding acl) =>
        acl.PatternType == AclPatternType.Literal && acl.ResourceName == AclBinding.Wildcard;

    private static bool IsCovered(AclBinding acl, HashSet<Pattern> denied) =>
        (acl.PatternType == AclPatternType.Literal
            && denied.Contains(new Pattern(acl.ResourceType, AclPatternType.Literal, acl.ResourceName)))
        || Enumerable.Range(1, acl.ResourceName.Length).Any(length =>
            denied.Contains(new Pattern(acl.ResourceType, AclPatternType.Prefixed, acl.ResourceName[..length])));

    private AclBinding[] Find(AclResourceType type, AclPatternType pattern, string name) =>
        _byPattern.TryGetValue(new Pattern(type, pattern, name), out AclBinding[]? found) ? found : [];

    private readonly record struct Pattern(AclResourceType Type, AclPatternType Kind, string Name);

    /// <summary>What the rules looked at so far say.</summary>
    private struct Verdict(string principal, string host, AclOperation operation)
    {
        private bool _denied;
        private bool _allowed;

        public bool HasAcls { get; private set; }

        /// <summary>Null when no rule says anything about it.</summary>
        public readonly bool? IsAllowed => _denied ? false : _allowed ? true : null;

        public void Weigh(AclBinding[] acls)
        {
            HasAcls |= acls.Length > 0;
            foreach (ref readonly AclBinding acl in acls.AsSpan())
            {
                if ((acl.Principal != principal && acl.Principal != Everybody)
                    || (acl.Host != AclBinding.Wildcard && acl.Host != host))
                {
                    continue;
                }

                bool allows = acl.Permission == AclPermission.Allow;
                if (acl.Operation == AclOperation.All || acl.Operation == operation || (allows && Implies(acl.Operation)))
                {
                    _allowed |= allows;
                    _denied |= !allows;
                }
            }
        }

        /// <summary>Who may read, write, delete or alter may also describe. Forbidding one of them does not forbid that.</summary>
        private readonly bool Implies(AclOperation granted) => operation switch
        {
            AclOperation.Describe =>
                granted is AclOperation.Read or AclOperation.Write or AclOperation.Delete or AclOperation.Alter,
            AclOperation.DescribeConfigs => granted == AclOperation.AlterConfigs,
            _ => false,
        };
    }
}
