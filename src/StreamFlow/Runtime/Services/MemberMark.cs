using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// What a member of the group shows the others of itself, in its client id: the topology that it runs, and the topics by which
/// the group shares its tasks out. Nothing else that a member says is shown by a broker to the others.
/// </summary>
/// <param name="Topology">A version that the user gave, behind a v, or a fingerprint of the topology, behind a t.</param>
/// <param name="Layout">A fingerprint of the leaders where there was a choice; empty where there was none.</param>
internal sealed partial record MemberMark(string Topology, string Layout)
{
    private const int TopologyDigits = 8;
    private const int LayoutDigits = 4;

    public static MemberMark Of(string version, string identity, ResolvedTopics topics)
    {
        var leaders = string.Join('\n', topics.ChosenLeaders.Order(StringComparer.Ordinal));
        return new MemberMark(
            version.Length > 0 ? "v" + version : "t" + Fingerprint(identity, TopologyDigits),
            leaders.Length > 0 ? Fingerprint(leaders, LayoutDigits) : string.Empty);
    }

    /// <summary>Reads the mark in a client id; whoever has none is no stream thread.</summary>
    public static MemberMark? In(string clientId) =>
        Pattern().Match(clientId) is { Success: true } match
            ? new MemberMark(match.Groups["topology"].Value, match.Groups["layout"].Value)
            : null;

    public override string ToString() => Layout.Length == 0 ? Topology : $"{Topology}.{Layout}";

    private static string Fingerprint(string text, int digits) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..digits];

    [GeneratedRegex(@"-StreamThread-[0-9]+-consumer-(?<topology>[tv][A-Za-z0-9_-]+)(\.(?<layout>[0-9a-f]{4}))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
