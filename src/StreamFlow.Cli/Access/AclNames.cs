namespace StreamFlow.Cli.Access;

/// <summary>Words of access control lists and their numbers in the protocol.</summary>
internal static class AclNames
{
    public static readonly string[] Operations =
        ["any", "all", "read", "write", "create", "delete", "alter", "describe", "cluster-action", "describe-configs", "alter-configs", "idempotent-write", "create-tokens", "describe-tokens", "two-phase-commit"];

    public static readonly string[] Resources = ["any", "topic", "group", "cluster", "transactional-id", "delegation-token", "user"];

    public static readonly string[] Patterns = ["any", "match", "literal", "prefixed"];

    public static readonly string[] Permissions = ["any", "deny", "allow"];

    /// <summary>The number of a word: the first one is 1, since 0 is unknown.</summary>
    public static sbyte Number(string[] words, string word) => (sbyte)(Array.IndexOf(words, word) + 1);

    /// <summary>The word of a number.</summary>
    public static string Word(string[] words, sbyte number) => number >= 1 && number <= words.Length ? words[number - 1] : FormattableString.Invariant($"unknown-{number}");
}
