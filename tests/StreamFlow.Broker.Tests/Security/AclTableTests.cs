using System.Globalization;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>Rules of access beside the answers of Apache Kafka's own authorizer, recorded in acl-cases.txt.</summary>
public sealed class AclTableTests
{
    [Fact]
    public void Every_recorded_answer_of_Kafkas_authorizer_is_given_here_too()
    {
        using TemporaryDirectory directory = new();
        AclTable table = AclTable.Empty;
        List<AclBinding> acls = [];
        bool everyone = false;
        int checks = 0;
        List<string> wrong = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Security", "acl-cases.txt")))
        {
            string[] part = line.Split(' ');
            switch (part[0])
            {
                case "set":
                    everyone = bool.Parse(part[1]);
                    acls.Clear();
                    break;
                case "acl":
                    acls.Add(new AclBinding(
                        Parse<AclResourceType>(part[1]), part[2], Parse<AclPatternType>(part[3]), part[4], part[5],
                        Parse<AclOperation>(part[6]), Parse<AclPermission>(part[7])));
                    break;
                case "ask" or "any" or "filter":
                    table = new AclTable(acls);
                    checks++;
                    if (Answer(table, part, everyone) != part[^1])
                    {
                        wrong.Add(line);
                    }

                    break;
                default:
                    break;
            }
        }

        Assert.True(checks > 1000, $"only {checks} cases were found");
        Assert.Empty(wrong);
    }

    [Fact]
    public void A_filter_with_a_meaningless_field_is_known_to_have_one()
    {
        AclFilter any = new(
            AclResourceType.Any, null, AclPatternType.Any, null, null, AclOperation.Any, AclPermission.Any);
        Assert.True(any.IsKnown);
        Assert.False((any with { Operation = AclOperation.Unknown }).IsKnown);
        Assert.False((any with { ResourceType = (AclResourceType)99 }).IsKnown);
        Assert.False((any with { PatternType = AclPatternType.Unknown }).IsKnown);
        Assert.False((any with { Permission = (AclPermission)(-3) }).IsKnown);
    }

    [Theory]
    [InlineData(AclResourceType.Any, "t", AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "", AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Cluster, "mine", AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "t", AclPatternType.Match, "User:a", "*", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "t", AclPatternType.Literal, "alice", "*", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "t", AclPatternType.Literal, "User:a", "", AclOperation.Read, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "t", AclPatternType.Literal, "User:a", "*", AclOperation.Any, AclPermission.Allow)]
    [InlineData(AclResourceType.Topic, "t", AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Any)]
    internal void A_rule_that_could_never_count_is_no_rule(
        AclResourceType type, string name, AclPatternType pattern, string principal, string host, AclOperation operation,
        AclPermission permission)
    {
        Assert.NotNull(new AclBinding(type, name, pattern, principal, host, operation, permission).Problem);
        Assert.Null(new AclBinding(
            AclResourceType.Topic, "t", AclPatternType.Prefixed, "User:a", "*", AclOperation.All, AclPermission.Deny).Problem);
    }

    [Fact]
    public void A_super_user_may_do_what_rules_forbid()
    {
        using TemporaryDirectory directory = new();
        SecurityStore store = SecurityStore.Open(FileSystem.Disk, directory.Path);
        store.AddAcls([new AclBinding(
            AclResourceType.Topic, "*", AclPatternType.Literal, "User:*", "*", AclOperation.All, AclPermission.Deny)]);
        Authorizer authorizer = new(store, ["User:root"], allowEveryoneWithoutAcls: true);
        Assert.True(authorizer.Allows(new Caller("User:root", "10.0.0.1"), AclOperation.Write, AclResourceType.Topic, "t"));
        Assert.True(authorizer.AllowsAny(new Caller("User:root", "10.0.0.1"), AclOperation.Write, AclResourceType.Topic));
        Assert.False(authorizer.Allows(new Caller("User:alice", "10.0.0.1"), AclOperation.Write, AclResourceType.Topic, "t"));
        Assert.False(authorizer.AllowsAny(new Caller("User:alice", "10.0.0.1"), AclOperation.Write, AclResourceType.Topic));
    }

    private static string Answer(AclTable table, string[] part, bool everyone)
    {
        switch (part[0])
        {
            case "ask":
                bool allowed = part[1] == "root" || table.Allows(
                    $"User:{part[1]}", part[2], Parse<AclOperation>(part[5]), Parse<AclResourceType>(part[3]), part[4], everyone);
                return allowed ? "ALLOWED" : "DENIED";
            case "any":
                AclOperation operation = Parse<AclOperation>(part[4]);
                AclResourceType type = Parse<AclResourceType>(part[3]);
                bool some = part[1] == "root"
                    || table.Allows($"User:{part[1]}", part[2], operation, type, "hardcode", everyone)
                    || table.AllowsAny($"User:{part[1]}", part[2], operation, type);
                return some ? "ALLOWED" : "DENIED";
            default:
                AclFilter filter = new(
                    Parse<AclResourceType>(part[1]), Null(part[2]), Parse<AclPatternType>(part[3]), Null(part[4]), Null(part[5]),
                    Parse<AclOperation>(part[6]), Parse<AclPermission>(part[7]));
                return table.All.Count(x => filter.Matches(x)).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string? Null(string text) => text == "null" ? null : text;

    private static T Parse<T>(string kafkas)
        where T : struct, Enum => Enum.Parse<T>(kafkas.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}
